"""Use cases: another service has a payment recorded, and asks for a customer's ledger."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import PaymentDetails
from customer.model import RequestUsed
from customer.service import overview, record
from payment_requests.premiums import PeriodPaid, UnknownPolicy, WrongAmount
from tests.builders import NOW, ledger_entry, policy
from tests.fakes import MemoryLedger

REQUEST = UUID(int=1)
EUR_12 = {"value": "12.00", "currency": "EUR"}


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger(
        policy("P-1"), policy("P-2", premium="12.00"), policy("P-9", customer_id="C-9")
    )


def recorded(
    ledger: MemoryLedger, request_id: UUID = REQUEST, minute: int = 0, **changes: Any
) -> PaymentDetails:
    return record(request_id, ledger_entry(**changes), NOW + timedelta(minutes=minute), ledger)


def test_a_payment_is_recorded_and_told(ledger: MemoryLedger) -> None:
    details = recorded(ledger)

    assert details.model_dump(mode="json") == {
        "requestId": str(REQUEST),
        "policyId": "P-1",
        "customerId": "C-1",
        "product": "home",
        "amount": {"value": "49.90", "currency": "EUR"},
        "period": "2026-11",
    }
    (payment,) = ledger.payments
    paid = payment.details
    assert (paid.request_id, paid.policy_id, paid.period) == (REQUEST, "P-1", "2026-11")


def test_a_repetition_gets_the_same_answer_and_records_nothing(ledger: MemoryLedger) -> None:
    first = recorded(ledger)

    assert recorded(ledger, amount={"value": "49.9", "currency": "EUR"}) == first
    assert len(ledger.payments) == 1


def test_a_repetition_is_answered_even_after_the_premium_has_changed(ledger: MemoryLedger) -> None:
    first = recorded(ledger)
    ledger.policies["P-1"] = policy("P-1", premium="59.90")

    assert recorded(ledger) == first


@pytest.mark.parametrize(
    "change",
    [
        {"period": "2026-12"},
        {"policyId": "P-2", "amount": EUR_12},
        {"amount": EUR_12},
        {"customerId": "C-9"},
        {"policyId": "P-404"},
    ],
    ids=str,
)
def test_a_request_id_names_one_payment_only(ledger: MemoryLedger, change: dict[str, Any]) -> None:
    recorded(ledger)

    with pytest.raises(RequestUsed, match=str(REQUEST)):
        recorded(ledger, **change)
    assert len(ledger.payments) == 1


@pytest.mark.parametrize(
    ("change", "refusal", "reason"),
    [
        ({"policyId": "P-404"}, UnknownPolicy, "customer has no policy P-404"),
        ({"policyId": "P-9"}, UnknownPolicy, "customer has no policy P-9"),
        ({"customerId": "C-9"}, UnknownPolicy, "customer has no policy P-1"),
        ({"amount": EUR_12}, WrongAmount, "P-1 is 49.90 EUR"),
        ({"amount": {"value": "49.90", "currency": "USD"}}, WrongAmount, "P-1 is 49.90 EUR"),
    ],
)
def test_a_payment_that_is_not_due_leaves_no_trace(
    ledger: MemoryLedger, change: dict[str, Any], refusal: type[Exception], reason: str
) -> None:
    with pytest.raises(refusal, match=reason):
        recorded(ledger, **change)
    assert not ledger.payments


def test_a_period_is_paid_by_one_request(ledger: MemoryLedger) -> None:
    recorded(ledger)

    with pytest.raises(PeriodPaid, match="P-1 is paid for 2026-11 already"):
        recorded(ledger, uuid4())
    assert len(ledger.payments) == 1


def test_a_customers_policies_and_latest_twelve_payments_are_told(ledger: MemoryLedger) -> None:
    for month in range(1, 13):
        recorded(ledger, uuid4(), month, period=f"2026-{month:02}")
    recorded(ledger, uuid4(), 13, policyId="P-2", amount=EUR_12)
    recorded(ledger, uuid4(), 14, customerId="C-9", policyId="P-9")

    view = overview("C-1", ledger)

    assert [(p.policy_id, p.product, str(p.premium)) for p in view.policies] == [
        ("P-1", "home", "49.90 EUR"),
        ("P-2", "home", "12.00 EUR"),
    ]
    assert len(view.payments) == 12
    latest, *_, earliest = view.payments
    assert (latest.policy_id, latest.period, str(latest.amount)) == ("P-2", "2026-11", "12.00 EUR")
    assert latest.paid_at == NOW + timedelta(minutes=13)
    assert earliest.period == "2026-02"


def test_of_an_unknown_customer_nothing_is_told(ledger: MemoryLedger) -> None:
    view = overview("C-404", ledger)

    assert (view.policies, view.payments) == ([], [])
