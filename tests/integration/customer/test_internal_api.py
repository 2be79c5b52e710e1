"""Customer's internal API over a real database."""

import io
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import PaymentDetails
from customer import internal_api
from customer.ledger import AuroraLedger
from local.servers.postgres import Postgres
from tests.builders import LambdaContext, api_event, ledger_entry, policy
from tests.integration.conftest import TestDatabase

REQUEST = UUID(int=1)


@pytest.fixture(autouse=True)
def _policies(db: TestDatabase) -> None:
    AuroraLedger(db.connect()).add_policies(
        [
            policy(),
            policy("P-2", product="motor", premium="12.00"),
            policy("P-9", customer_id="C-9"),
        ]
    )


def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
    event = api_event(method, f"/internal/customer{path}", body=body, subject=None)
    answer = internal_api.handler(event, LambdaContext())  # type: ignore[arg-type]
    return answer["statusCode"], json.loads(answer["body"])


def put(request_id: object = REQUEST, **changes: Any) -> tuple[int, Any]:
    body = ledger_entry(**changes).model_dump(mode="json")
    return call("PUT", f"/payments/{request_id}", body)


def payments(db: TestDatabase) -> list[tuple[Any, ...]]:
    return db.rows("SELECT request_id, policy_id, period FROM payments ORDER BY paid_at")


def test_a_payment_is_recorded_and_told(db: TestDatabase) -> None:
    status, details = put()

    assert status == 200
    assert PaymentDetails.model_validate(details).request_id == REQUEST
    assert details == {
        "requestId": str(REQUEST),
        "policyId": "P-1",
        "customerId": "C-1",
        "product": "home",
        "amount": {"value": "49.90", "currency": "EUR"},
        "period": "2026-11",
    }
    assert payments(db) == [(REQUEST, "P-1", "2026-11")]


def test_a_repetition_gets_the_same_answer(db: TestDatabase) -> None:
    first = put()
    AuroraLedger(db.connect()).add_policies([policy(premium="59.90")])

    assert put() == first
    assert payments(db) == [(REQUEST, "P-1", "2026-11")]


@pytest.mark.parametrize(
    ("status", "reason", "entry"),
    [
        (422, "no policy P-404", {"policyId": "P-404"}),
        (422, "no policy P-9", {"policyId": "P-9"}),
        (422, "P-1 is 49.90 EUR", {"amount": {"value": "49.91", "currency": "EUR"}}),
        (409, "P-1 is paid for 2026-09 already", {"period": "2026-09"}),
        (422, "is of another payment", {"request_id": REQUEST, "period": "2026-10"}),
    ],
)
def test_a_refusal_says_why_and_changes_nothing(
    db: TestDatabase, status: int, reason: str, entry: dict[str, Any]
) -> None:
    put(period="2026-09")
    before = payments(db)

    refused, problem = put(**{"request_id": uuid4()} | entry)

    assert (refused, problem["status"]) == (status, status)
    assert reason in problem["detail"]
    assert payments(db) == before


def test_a_malformed_entry_is_refused(db: TestDatabase) -> None:
    status, problem = call("PUT", f"/payments/{REQUEST}", {"policyId": "P-1"})

    assert status == 400
    assert [error["pointer"] for error in problem["errors"]] == [
        "/customerId",
        "/amount",
        "/period",
    ]
    assert payments(db) == []


def test_a_customers_policies_and_payments_are_told(db: TestDatabase) -> None:
    put()
    put(uuid4(), policyId="P-2", amount={"value": "12.00", "currency": "EUR"})
    put(uuid4(), policyId="P-9", customerId="C-9")

    status, view = call("GET", "/customers/C-1")

    assert status == 200
    assert view["policies"] == [
        {"policyId": "P-1", "product": "home", "premium": {"value": "49.90", "currency": "EUR"}},
        {"policyId": "P-2", "product": "motor", "premium": {"value": "12.00", "currency": "EUR"}},
    ]
    assert [(p["policyId"], p["period"], p["amount"]["value"]) for p in view["payments"]] == [
        ("P-2", "2026-11", "12.00"),
        ("P-1", "2026-11", "49.90"),
    ]


def test_only_the_latest_twelve_payments_are_told() -> None:
    for month in range(1, 13):
        put(uuid4(), period=f"2026-{month:02}")
    put(uuid4(), period="2027-01")

    _, view = call("GET", "/customers/C-1")

    periods = [payment["period"] for payment in view["payments"]]
    assert periods == ["2027-01", *(f"2026-{month:02}" for month in range(12, 1, -1))]


def test_of_an_unknown_customer_nothing_is_told() -> None:
    assert call("GET", "/customers/C-404") == (200, {"policies": [], "payments": []})


def test_while_the_database_is_down_the_outcome_is_unknown_and_nothing_half_written(
    db: TestDatabase, postgres: Postgres, log: io.StringIO
) -> None:
    db.close()
    postgres.stop()
    try:
        answers = [put(), call("GET", "/customers/C-1")]
    finally:
        postgres.start()

    assert [status for status, _ in answers] == [503, 503]
    assert payments(db) == []
    assert put()[0] == 200
