"""Use case: Payments accepts a payment by itself, and publishes what happened."""

import json
from typing import Any

import pytest

from contracts.api import RequestStatus, StepStatus
from contracts.events import Event
from payment_requests.model import ForeignCustomer, KeyReused, PaymentRequest
from payment_requests.premiums import PeriodPaid, UnknownPolicy, WrongAmount
from payment_requests.service import report
from payments.acceptance import accept
from tests.builders import NOW, outcome, policy, submission
from tests.fakes import MemoryRequests
from tests.unit.payments.fakes import MemoryPolicies

ONE = ("payment.accepted.v1",)
THREE = ("payment.taken.v1", "premium.paid.v1", "confirmation.due.v1")
SUBSCRIBERS = ("customer", "sales", "communication")


class Payments:
    """The service with its data in memory."""

    def __init__(self) -> None:
        self.policies = MemoryPolicies(policy("P-1"), policy("P-9", customer_id="C-9"))
        self.requests = MemoryRequests()

    def pay(
        self, key: str = "key-1", *, publishes: tuple[str, ...] = ONE, **changes: Any
    ) -> tuple[PaymentRequest, dict[str, Event]]:
        """The request, and the events by their types."""
        request, events = accept(
            submission(**changes),
            "C-1",
            key,
            NOW,
            policies=self.policies,
            requests=self.requests,
            subscribers=SUBSCRIBERS,
            publishes=publishes,
        )
        return request, {event.type: event for event in events}


@pytest.fixture
def payments() -> Payments:
    return Payments()


def data(event: Event) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(event.model_dump_json())["data"]
    return fields


def test_a_payment_takes_its_period_and_waits_for_every_subscriber(payments: Payments) -> None:
    request, _ = payments.pay()

    assert payments.policies.taken == {("P-1", "2026-11"): request.id}
    assert payments.requests.requests == {request.id: request}
    assert request.status is RequestStatus.ACCEPTED
    assert [(s.service, s.status) for s in request.steps] == [
        (service, StepStatus.PENDING) for service in SUBSCRIBERS
    ]


@pytest.mark.parametrize("publishes", [ONE, THREE])
def test_every_event_is_marked_to_be_published(
    payments: Payments, publishes: tuple[str, ...]
) -> None:
    _, events = payments.pay(publishes=publishes)

    assert tuple(events) == publishes
    assert payments.requests.outbox == {e.id: (NOW, e) for e in events.values()}


@pytest.mark.parametrize("publishes", [ONE, THREE])
def test_events_of_a_policy_keep_their_order_and_identity(
    payments: Payments, publishes: tuple[str, ...]
) -> None:
    _, events = payments.pay(publishes=publishes)
    _, again = Payments().pay(publishes=publishes)

    assert {event.partitionkey for event in events.values()} == {"P-1"}
    assert [event.id for event in events.values()] == [event.id for event in again.values()]
    assert len({event.id for event in events.values()}) == len(publishes)


def test_the_one_event_tells_everything(payments: Payments) -> None:
    request, events = payments.pay()

    assert data(events["payment.accepted.v1"]) == {
        "requestId": str(request.id),
        "policyId": "P-1",
        "customerId": "C-1",
        "product": "home",
        "amount": {"value": "49.90", "currency": "EUR"},
        "period": "2026-11",
        "payer": {"name": "Ada Lovelace", "email": "ada@example.com"},
    }


def test_of_three_events_each_tells_what_one_service_needs(payments: Payments) -> None:
    request, events = payments.pay(publishes=THREE)
    common = {"requestId": str(request.id), "customerId": "C-1", "period": "2026-11"}
    amount = {"value": "49.90", "currency": "EUR"}

    assert data(events["payment.taken.v1"]) == common | {
        "policyId": "P-1",
        "product": "home",
        "amount": amount,
    }
    assert data(events["premium.paid.v1"]) == common | {"product": "home"}
    assert data(events["confirmation.due.v1"]) == common | {
        "policyId": "P-1",
        "amount": amount,
        "payer": {"name": "Ada Lovelace", "email": "ada@example.com"},
    }


def test_a_repeated_payment_gets_its_requests_present_state_and_publishes_nothing(
    payments: Payments,
) -> None:
    first, _ = payments.pay()
    report(outcome(first.id, service="sales"), payments.requests)

    again, events = payments.pay()

    assert again == payments.requests.requests[first.id]
    assert again.steps[1].status is StepStatus.DONE
    assert events == {}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"policyId": "P-unknown"}, UnknownPolicy),
        ({"policyId": "P-9"}, UnknownPolicy),
        ({"amount": {"value": "49.91", "currency": "EUR"}}, WrongAmount),
        ({"amount": {"value": "49.90", "currency": "USD"}}, WrongAmount),
        ({"customer": {"id": "C-9", "name": "Eve", "email": "eve@example.com"}}, ForeignCustomer),
    ],
    ids=str,
)
def test_what_is_not_due_is_refused_before_anybody_hears_of_it(
    payments: Payments, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        payments.pay(**changes)

    assert not payments.requests.requests
    assert not payments.requests.outbox
    assert not payments.policies.taken


def test_a_period_is_paid_once(payments: Payments) -> None:
    payments.pay()

    with pytest.raises(PeriodPaid, match="P-1 is paid for 2026-11 already"):
        payments.pay("key-2")


def test_a_key_names_one_payment(payments: Payments) -> None:
    payments.pay()

    with pytest.raises(KeyReused):
        payments.pay(period="2026-12")
