"""What is due: the rule by which a payment is accepted or refused, whichever service decides."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.base import Contract, Identifier, Money, Period
from contracts.events import PaymentDetails
from contracts.internal import LedgerEntry


class UnknownPolicy(Exception):
    """The customer holds no such policy."""


class WrongAmount(Exception):
    """The amount is not the premium due."""


class PeriodPaid(Exception):
    """The premium of this period is paid already."""

    def __init__(self, policy_id: str, period: Period) -> None:
        super().__init__(f"{policy_id} is paid for {period} already")


class Policy(Contract):
    """A customer's policy and its monthly premium."""

    policy_id: Identifier
    customer_id: Identifier
    product: Identifier
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


def due(request_id: UUID, entry: LedgerEntry, policy: Policy | None) -> PaymentDetails:
    """The payment of the policy's premium; raises UnknownPolicy or WrongAmount."""
    if policy is None:
        raise UnknownPolicy(f"customer has no policy {entry.policy_id}")
    policy.check_due(entry)
    return PaymentDetails(
        request_id=request_id,
        policy_id=policy.policy_id,
        customer_id=policy.customer_id,
        product=policy.product,
        amount=policy.premium,
        period=entry.period,
    )


class Portfolio(Contract):
    """The event of the functions that load policies."""

    # DSQL takes 3,000 rows in a transaction, their index entries included.
    policies: Annotated[list[Policy], Field(min_length=1, max_length=1000)]
