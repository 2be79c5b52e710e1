"""Policies and the payments of their premiums."""

from dataclasses import dataclass
from datetime import datetime

from contracts.base import Contract, Identifier, Money
from contracts.events import PaymentDetails
from contracts.internal import LedgerEntry


class UnknownPolicy(Exception):
    """The customer holds no such policy."""


class WrongAmount(Exception):
    """The amount is not the premium due."""


class PeriodPaid(Exception):
    """The premium of this period is paid already."""


class RequestUsed(Exception):
    """The request id named another payment before."""


class Policy(Contract):
    """A customer's policy and its monthly premium."""

    policy_id: Identifier
    customer_id: Identifier
    product: str
    premium: Money

    def check_due(self, entry: LedgerEntry) -> None:
        """Raises UnknownPolicy or WrongAmount unless the entry is this policy's premium."""
        if self.customer_id != entry.customer_id:
            raise UnknownPolicy(f"customer has no policy {entry.policy_id}")
        if (entry.amount.value, entry.amount.currency) != (
            self.premium.value,
            self.premium.currency,
        ):
            raise WrongAmount(f"the premium due for {self.policy_id} is {self.premium}")


@dataclass(frozen=True, slots=True)
class Payment:
    """One line of the ledger; there is one for each policy and period at most."""

    details: PaymentDetails
    paid_at: datetime
