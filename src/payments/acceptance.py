"""Use case: a customer pays a premium; Payments decides, and then tells those who subscribed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.api import PaymentSubmission
from contracts.events import (
    AcceptedPayment,
    ConfirmationDetails,
    ConfirmationDue,
    Event,
    PayerContact,
    PaymentAccepted,
    PaymentDetails,
    PaymentTaken,
    PremiumDetails,
    PremiumPaid,
)
from payment_requests import service
from payment_requests.model import PaymentRequest
from payment_requests.premiums import Policy, due
from payment_requests.service import NewRequests

SERVICE = "payments"


class Policies(Protocol):
    """Payments' own view of the policies, and which of their periods are taken."""

    def policy(self, policy_id: str) -> Policy | None: ...

    def take(self, payment: PaymentDetails) -> None:
        """Takes the payment's period, or else the transaction ends with PeriodPaid."""


def accept(
    submission: PaymentSubmission,
    subject: str,
    idempotency_key: str,
    now: datetime,
    *,
    policies: Policies,
    requests: NewRequests,
    subscribers: Sequence[str],
    publishes: Sequence[str],
) -> tuple[PaymentRequest, Sequence[Event]]:
    """Takes the period and stores the request with the marks to publish events of these types,
    all in the one transaction behind `policies` and `requests`. A repeated submission gets its
    request's present state and no event.

    Raises ForeignCustomer, KeyReused, UnknownPolicy or WrongAmount, and the transaction raises
    PeriodPaid: nothing is stored then, and nobody hears of it.
    """
    entry = submission.ledger_entry
    payer = PayerContact(name=submission.customer.name, email=submission.customer.email)

    def take(id: UUID) -> PaymentDetails:
        payment = due(id, entry, policies.policy(entry.policy_id))
        policies.take(payment)
        return payment

    def events(payment: PaymentDetails) -> list[Event]:
        return [EVENTS[name](payment, payer, now) for name in publishes]

    return service.accept(
        submission,
        subject,
        idempotency_key,
        now,
        requests=requests,
        take=take,
        events=events,
        pending=subscribers,
    )


def _accepted(payment: PaymentDetails, payer: PayerContact, now: datetime) -> Event:
    data = AcceptedPayment.model_validate({**dict(payment), "payer": payer})
    return PaymentAccepted.of(data, payment.policy_id, SERVICE, now)


def _taken(payment: PaymentDetails, _payer: PayerContact, now: datetime) -> Event:
    return PaymentTaken.of(payment, payment.policy_id, SERVICE, now)


def _premium(payment: PaymentDetails, _payer: PayerContact, now: datetime) -> Event:
    data = PremiumDetails(
        request_id=payment.request_id,
        customer_id=payment.customer_id,
        product=payment.product,
        period=payment.period,
    )
    return PremiumPaid.of(data, payment.policy_id, SERVICE, now)


def _confirmation(payment: PaymentDetails, payer: PayerContact, now: datetime) -> Event:
    data = ConfirmationDetails(
        request_id=payment.request_id,
        customer_id=payment.customer_id,
        policy_id=payment.policy_id,
        amount=payment.amount,
        period=payment.period,
        payer=payer,
    )
    return ConfirmationDue.of(data, payment.policy_id, SERVICE, now)


EVENTS: Mapping[str, Callable[[PaymentDetails, PayerContact, datetime], Event]] = {
    "payment.accepted.v1": _accepted,
    "payment.taken.v1": _taken,
    "premium.paid.v1": _premium,
    "confirmation.due.v1": _confirmation,
}
"""What a payment can be published as: one event for all subscribers, or one for each."""
