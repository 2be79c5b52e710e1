"""Use case: a customer pays the premium of a policy for one period."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.api import PaymentSubmission
from contracts.events import Event, PaymentAccepted, PaymentDetails, event_id
from customer.model import Payment, PeriodPaid, Policy, UnknownPolicy
from payment_requests.model import PaymentRequest, check_payer, request_id

SERVICE = "customer"


class Ledger(Protocol):
    """Policies and payments, as one transaction sees them."""

    def policy(self, policy_id: str) -> Policy | None: ...

    def record(self, payment: Payment) -> bool:
        """False where the policy's period is paid already; then nothing is recorded."""


class Requests(Protocol):
    """Payment requests, in the same transaction."""

    def find(self, request_id: UUID) -> PaymentRequest | None: ...

    def add(self, request: PaymentRequest, events: Sequence[Event]) -> None: ...


def pay(
    submission: PaymentSubmission,
    subject: str,
    idempotency_key: str,
    now: datetime,
    *,
    ledger: Ledger,
    requests: Requests,
    subscribers: Sequence[str],
) -> tuple[PaymentRequest, list[Event]]:
    """Records the payment, the request and the mark to publish what happened, all in the one
    transaction behind `ledger` and `requests`. A repeated submission gets its request's present
    state and no event.

    Raises ForeignCustomer, KeyReused, UnknownPolicy, WrongAmount or PeriodPaid: nothing is
    recorded then.
    """
    check_payer(submission, subject)
    id = request_id(subject, idempotency_key)
    earlier = requests.find(id)
    if earlier is not None:
        return earlier.same_as(submission), []
    policy = ledger.policy(submission.policy_id)
    if policy is None:
        raise UnknownPolicy(f"customer has no policy {submission.policy_id}")
    policy.check_due(submission)
    payment = Payment(id, policy.policy_id, submission.period, policy.premium, now)
    if not ledger.record(payment):
        raise PeriodPaid(f"{policy.policy_id} is paid for {submission.period} already")
    request = PaymentRequest.accept(
        id, subject, submission, now, done=[SERVICE], pending=subscribers
    )
    events: list[Event] = [_accepted(payment, policy)]
    requests.add(request, events)
    return request, events


def _accepted(payment: Payment, policy: Policy) -> PaymentAccepted:
    return PaymentAccepted(
        id=event_id(payment.request_id, "payment.accepted"),
        source=SERVICE,
        time=payment.paid_at,
        data=PaymentDetails(
            request_id=payment.request_id,
            policy_id=payment.policy_id,
            customer_id=policy.customer_id,
            product=policy.product,
            amount=payment.amount,
            period=payment.period,
        ),
    )
