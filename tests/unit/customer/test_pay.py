"""Use case: a customer pays a premium."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.api import RequestStatus
from contracts.events import Event
from customer.service import pay
from payment_requests.model import ForeignCustomer, KeyReused, PaymentRequest
from payment_requests.premiums import PeriodPaid, UnknownPolicy, WrongAmount
from payment_requests.service import report
from tests.builders import NOW, outcome, policy, submission
from tests.fakes import MemoryLedger, MemoryRequests


class Customer:
    """The service with its data in memory."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger(
            policy("P-1"), policy("P-2", premium="12.00"), policy("P-9", customer_id="C-9")
        )
        self.requests = MemoryRequests()

    def pay(
        self, key: str = "key-1", subject: str = "C-1", **changes: Any
    ) -> tuple[PaymentRequest, list[Event]]:
        return pay(
            submission(**changes),
            subject,
            key,
            NOW,
            ledger=self.ledger,
            requests=self.requests,
            subscribers=["sales"],
        )


@pytest.fixture
def customer() -> Customer:
    return Customer()


def test_a_premium_is_recorded_accepted_and_marked_to_be_published(customer: Customer) -> None:
    request, events = customer.pay()

    (payment,) = customer.ledger.payments
    paid = payment.details
    assert (paid.request_id, paid.policy_id, paid.period) == (request.id, "P-1", "2026-11")
    assert str(paid.amount) == "49.90 EUR"
    assert request.status is RequestStatus.ACCEPTED
    assert customer.requests.requests == {request.id: request}
    assert list(customer.requests.outbox.values()) == [(NOW, events[0])]


def test_the_event_tells_the_fact_and_nothing_personal(customer: Customer) -> None:
    request, (event,) = customer.pay()

    sent = event.model_dump(mode="json")
    assert sent["data"] == {
        "requestId": str(request.id),
        "policyId": "P-1",
        "customerId": "C-1",
        "product": "home",
        "amount": {"value": "49.90", "currency": "EUR"},
        "period": "2026-11",
    }


def test_a_repeated_submission_gets_the_present_state_and_has_no_second_effect(
    customer: Customer,
) -> None:
    accepted, _ = customer.pay()
    report(outcome(accepted.id), customer.requests)

    repeated, events = customer.pay()

    assert repeated.id == accepted.id
    assert repeated.status is RequestStatus.COMPLETED
    assert events == []
    assert len(customer.ledger.payments) == 1


def test_a_repetition_is_answered_even_after_the_premium_has_changed(customer: Customer) -> None:
    accepted, _ = customer.pay()
    customer.ledger.policies["P-1"] = policy("P-1", premium="59.90")

    assert customer.pay()[0] == accepted


@pytest.mark.parametrize(
    "change",
    [
        {"period": "2026-12"},
        {"policyId": "P-2", "amount": {"value": "12.00", "currency": "EUR"}},
        {"amount": {"value": "1.00", "currency": "EUR"}},
        {"policyId": "P-404"},
    ],
    ids=str,
)
def test_a_key_that_comes_with_another_body_is_refused(
    customer: Customer, change: dict[str, Any]
) -> None:
    customer.pay()

    with pytest.raises(KeyReused):
        customer.pay(**change)
    assert len(customer.ledger.payments) == 1


def test_the_same_key_of_another_customer_is_another_request(customer: Customer) -> None:
    first, _ = customer.pay()
    other = {"id": "C-9", "name": "Eve", "email": "eve@example.com"}

    second, _ = customer.pay(subject="C-9", policyId="P-9", customer=other)

    assert second.id != first.id
    assert len(customer.ledger.payments) == 2


@pytest.mark.parametrize(
    ("change", "refusal", "reason"),
    [
        ({"policyId": "P-404"}, UnknownPolicy, "customer has no policy P-404"),
        ({"policyId": "P-9"}, UnknownPolicy, "customer has no policy P-9"),
        ({"amount": {"value": "49.89", "currency": "EUR"}}, WrongAmount, "P-1 is 49.90 EUR"),
        ({"amount": {"value": "49.90", "currency": "USD"}}, WrongAmount, "P-1 is 49.90 EUR"),
        (
            {"customer": {"id": "C-2", "name": "Eve", "email": "eve@example.com"}},
            ForeignCustomer,
            "must be the subject",
        ),
    ],
)
def test_a_refused_payment_leaves_no_trace(
    customer: Customer, change: dict[str, Any], refusal: type[Exception], reason: str
) -> None:
    with pytest.raises(refusal, match=reason):
        customer.pay(**change)

    assert not customer.ledger.payments
    assert not customer.requests.requests
    assert not customer.requests.outbox


def test_a_foreign_policy_is_refused_in_the_same_words_as_an_unknown_one(
    customer: Customer,
) -> None:
    with pytest.raises(UnknownPolicy) as foreign:
        customer.pay(policyId="P-9")
    del customer.ledger.policies["P-9"]
    with pytest.raises(UnknownPolicy) as unknown:
        customer.pay(policyId="P-9")

    assert str(foreign.value) == str(unknown.value)


def test_a_premium_may_be_written_with_one_decimal(customer: Customer) -> None:
    customer.pay(amount={"value": "49.9", "currency": "EUR"})

    assert len(customer.ledger.payments) == 1


def test_a_period_is_paid_once_whatever_the_key(customer: Customer) -> None:
    customer.pay("key-1")

    with pytest.raises(PeriodPaid, match="P-1 is paid for 2026-11 already"):
        customer.pay("key-2")
    assert len(customer.ledger.payments) == len(customer.requests.requests) == 1


def test_a_refused_key_can_be_used_again(customer: Customer) -> None:
    with pytest.raises(WrongAmount):
        customer.pay(amount={"value": "1.00", "currency": "EUR"})

    assert customer.pay()[0].status is RequestStatus.ACCEPTED


def test_each_period_and_each_policy_is_paid_for_itself(customer: Customer) -> None:
    customer.pay("key-1")
    customer.pay("key-2", period="2026-12")
    customer.pay("key-3", policyId="P-2", amount={"value": "12.00", "currency": "EUR"})

    assert len(customer.ledger.payments) == 3


def test_a_request_waits_for_every_subscriber(customer: Customer) -> None:
    request, _ = pay(
        submission(),
        "C-1",
        "key-1",
        NOW + timedelta(seconds=1),
        ledger=customer.ledger,
        requests=customer.requests,
        subscribers=["sales", "communication"],
    )

    assert [step.service for step in request.steps] == ["customer", "sales", "communication"]
