"""Use cases: a customer pays the premium of a policy for one period, and what is known of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.api import PaymentSubmission
from contracts.events import AcceptedPayment, Event, PaymentAccepted, PaymentDetails
from contracts.internal import LedgerEntry, LedgerView, PaymentView, PolicyView
from customer.model import Payment, RequestUsed
from payment_requests.model import PaymentRequest
from payment_requests.premiums import PeriodPaid, Policy, due
from payment_requests.service import NewRequests, accept

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


def pay(
    submission: PaymentSubmission,
    subject: str,
    idempotency_key: str,
    now: datetime,
    *,
    ledger: Ledger,
    requests: NewRequests,
    subscribers: Sequence[str],
) -> tuple[PaymentRequest, Sequence[Event]]:
    """Records the payment, the request and the mark to publish what happened, all in the one
    transaction behind `ledger` and `requests`. A repeated submission gets its request's present
    state and no event.

    Raises ForeignCustomer, KeyReused, UnknownPolicy, WrongAmount or PeriodPaid: nothing is
    recorded then.
    """

    def take(id: UUID) -> PaymentDetails:
        return _record_due(id, submission.ledger_entry, now, ledger)

    def events(details: PaymentDetails) -> list[Event]:
        accepted = AcceptedPayment.model_validate(dict(details))
        return [PaymentAccepted.of(accepted, details.policy_id, SERVICE, now)]

    return accept(
        submission,
        subject,
        idempotency_key,
        now,
        requests=requests,
        take=take,
        events=events,
        done=[SERVICE],
        pending=subscribers,
    )


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
    details = due(request_id, entry, ledger.policy(entry.policy_id))
    if not ledger.record(Payment(details, now)):
        raise PeriodPaid(details.policy_id, details.period)
    return details


def note(details: PaymentDetails, paid_at: datetime, ledger: Ledger) -> None:
    """Records, once, a payment that another service has taken: a fact, which is not refused.

    Raises PeriodPaid where another request has paid the period: then the ledger and that service
    contradict each other, and a person has to look at it.
    """
    if not ledger.record(Payment(details, paid_at)) and ledger.payment(details.request_id) is None:
        raise PeriodPaid(details.policy_id, details.period)
