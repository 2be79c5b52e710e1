"""What services ask of each other over HTTP, in the API gateway pattern.

Every write is a PUT under the request's id, so that it can be repeated: it has one effect, and
the same answer. `GET /customers/{customerId}` tells what a service knows of a customer.
"""

from uuid import UUID

from pydantic import AwareDatetime

from contracts.base import Contract, Identifier, Money, Period


class LedgerEntry(Contract):
    """`PUT /payments/{requestId}` of Customer, which answers with `PaymentDetails`."""

    policy_id: Identifier
    customer_id: Identifier
    amount: Money
    period: Period


class PaidPremium(Contract):
    """`PUT /premiums/{requestId}` of Sales, which answers 204."""

    customer_id: Identifier
    product: Identifier
    period: Period


class Confirmation(Contract):
    """`PUT /confirmations/{requestId}` of Communication, which answers 204."""

    customer_id: Identifier
    name: str
    email: str
    policy_id: Identifier
    amount: Money
    period: Period


class PolicyView(Contract):
    policy_id: Identifier
    product: Identifier
    premium: Money


class PaymentView(Contract):
    policy_id: Identifier
    period: Period
    amount: Money
    paid_at: AwareDatetime


class LedgerView(Contract):
    """Customer's part of an overview: policies, and the latest payments first."""

    policies: list[PolicyView]
    payments: list[PaymentView]


class LeadView(Contract):
    """Sales' part: what the customer holds, and what to offer next."""

    products: list[str]
    payments: int
    next_offer: str | None


class SentConfirmation(Contract):
    request_id: UUID
    period: Period
    sent_at: AwareDatetime


class ConfirmationsView(Contract):
    """Communication's part: the latest confirmations first."""

    confirmations: list[SentConfirmation]
