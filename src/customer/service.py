"""Use cases: a customer pays the premium of a policy for one period, and what is known of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.api import PaymentSubmission
from contracts.events import Event, PaymentAccepted, PaymentDetails, event_id
from contracts.internal import LedgerEntry, LedgerView, PaymentView, PolicyView
from customer.model import Payment, PeriodPaid, Policy, RequestUsed, UnknownPolicy
from payment_requests.model import PaymentRequest, check_payer, request_id

SERVICE = "customer"
_LATEST = 12


class Ledger(Protocol):
    """Policies and payments, as one transaction sees them."""

    def policy(self, policy_id: str) -> Policy | None: ...

    def record(self, payment: Payment) -> bool:
        """False where the policy's period is paid already; then nothing is recorded."""

    def payment(self, request_id: UUID) -> Payment | None:
        """What this request has paid."""

    def policies_of(self, customer_id: str) -> list[Policy]: ...

    def payments_of(self, customer_id: str, limit: int) -> list[Payment]:
        """The latest payments first."""


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
    details = _record_due(id, submission.ledger_entry, now, ledger)
    request = PaymentRequest.accept(
        id, subject, submission, now, done=[SERVICE], pending=subscribers
    )
    events: list[Event] = [
        PaymentAccepted(id=event_id(id, "payment.accepted"), source=SERVICE, time=now, data=details)
    ]
    requests.add(request, events)
    return request, events


def record(request_id: UUID, entry: LedgerEntry, now: datetime, ledger: Ledger) -> PaymentDetails:
    """Records the payment once: repeated, it gets the same answer.

    Raises RequestUsed, UnknownPolicy, WrongAmount or PeriodPaid: nothing is recorded then.
    """
    earlier = ledger.payment(request_id)
    if earlier is None:
        return _record_due(request_id, entry, now, ledger)
    if LedgerEntry.model_validate(earlier.details, from_attributes=True) != entry:
        raise RequestUsed(f"request {request_id} is of another payment")
    return earlier.details


def overview(customer_id: str, ledger: Ledger) -> LedgerView:
    return LedgerView(
        policies=[
            PolicyView(policy_id=policy.policy_id, product=policy.product, premium=policy.premium)
            for policy in ledger.policies_of(customer_id)
        ],
        payments=[
            PaymentView(
                policy_id=payment.details.policy_id,
                period=payment.details.period,
                amount=payment.details.amount,
                paid_at=payment.paid_at,
            )
            for payment in ledger.payments_of(customer_id, _LATEST)
        ],
    )


def _record_due(
    request_id: UUID, entry: LedgerEntry, now: datetime, ledger: Ledger
) -> PaymentDetails:
    policy = ledger.policy(entry.policy_id)
    if policy is None:
        raise UnknownPolicy(f"customer has no policy {entry.policy_id}")
    policy.check_due(entry)
    details = PaymentDetails(
        request_id=request_id,
        policy_id=policy.policy_id,
        customer_id=policy.customer_id,
        product=policy.product,
        amount=policy.premium,
        period=entry.period,
    )
    if not ledger.record(Payment(details, now)):
        raise PeriodPaid(f"{policy.policy_id} is paid for {entry.period} already")
    return details
