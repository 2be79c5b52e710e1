"""Policies and the payments of their premiums."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.api import PaymentSubmission
from contracts.base import Contract, Identifier, Money


class UnknownPolicy(Exception):
    """The customer holds no such policy."""


class WrongAmount(Exception):
    """The amount is not the premium due."""


class PeriodPaid(Exception):
    """The premium of this period is paid already."""


class Policy(Contract):
    """A customer's policy and its monthly premium."""

    policy_id: Identifier
    customer_id: Identifier
    product: str
    premium: Money

    def check_due(self, submission: PaymentSubmission) -> None:
        """Raises UnknownPolicy or WrongAmount unless the submission pays this policy's premium."""
        if self.customer_id != submission.customer.id:
            raise UnknownPolicy(f"customer has no policy {submission.policy_id}")
        if (submission.amount.value, submission.amount.currency) != (
            self.premium.value,
            self.premium.currency,
        ):
            raise WrongAmount(f"the premium due for {self.policy_id} is {self.premium}")


@dataclass(frozen=True, slots=True)
class Payment:
    """One line of the ledger; there is one for each policy and period at most."""

    request_id: UUID
    policy_id: str
    period: str
    amount: Money
    paid_at: datetime
