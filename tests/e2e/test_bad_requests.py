"""What clients get for requests that are not valid, from the gateway or from the function."""

import json
from uuid import uuid4

import pytest

from tests.e2e.conftest import ACCEPTED, Answer, Backstage, Customer


def assert_problem(answer: Answer, status: int) -> None:
    """The answer is problem details: https://www.rfc-editor.org/rfc/rfc9457."""
    assert answer.status == status, answer.data
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["title"]
    assert problem["detail"]
    assert problem.get("status", status) == status


@pytest.mark.parametrize("value", ["-49.90", "0", "0.00", "49.900", "1e3", "NaN", "", 49.9, None])
def test_an_amount_that_is_no_positive_decimal_string_is_refused(
    customer: Customer, backstage: Backstage, value: object
) -> None:
    answer = customer.pay(customer.submission(amount={"value": value, "currency": "EUR"}))

    assert_problem(answer, 400)
    assert backstage.ledger(customer.policy_id) == []


@pytest.mark.parametrize(
    "period", ["2026-13", "2026-00", "2026-1", "November", "2026-11-01", 202611]
)
def test_a_period_that_is_no_month_is_refused(customer: Customer, period: object) -> None:
    assert_problem(customer.pay(customer.submission(period=period)), 400)


@pytest.mark.parametrize(
    "body",
    ["not JSON", "", "[]", "null", '"text"', "{}", json.dumps({"padding": "x" * 300_000})],
    ids=["not JSON", "empty", "array", "null", "string", "empty object", "300 KB"],
)
def test_a_body_that_is_no_payment_is_refused(customer: Customer, body: str) -> None:
    assert_problem(customer.pay(body), 400)


def test_a_missing_field_is_named(customer: Customer) -> None:
    body = customer.submission()
    del body["amount"]

    answer = customer.pay(body)

    assert_problem(answer, 400)
    assert "amount" in answer.json()["detail"]


def test_a_misspelt_field_is_refused(customer: Customer) -> None:
    assert_problem(customer.pay(customer.submission(perriod="2026-11")), 400)


def test_a_body_of_another_type_is_refused(customer: Customer) -> None:
    answer = customer.pay("policyId=P-1", headers={"Content-Type": "text/plain"})

    # AWS lets it pass to the function, which answers 415; LocalStack's gateway refuses it before.
    assert_problem(answer, 400 if answer.status == 400 else 415)


@pytest.mark.parametrize("key", [None, "k" * 256], ids=["missing", "over-long"])
def test_an_idempotency_key_is_required_and_of_bounded_length(
    customer: Customer, key: str | None
) -> None:
    assert_problem(customer.pay(key=key), 400)


def test_an_idempotency_key_of_255_characters_is_accepted(customer: Customer) -> None:
    assert customer.pay(key="k" * 255).status in ACCEPTED


def test_an_unknown_request_is_not_found(customer: Customer) -> None:
    assert_problem(customer.ask(str(uuid4())), 404)


def test_a_request_id_that_is_none_is_refused(customer: Customer) -> None:
    assert_problem(customer.ask("nonsense"), 400)


def test_an_unknown_route_is_not_found(customer: Customer) -> None:
    answer = customer.http.request("GET", f"{customer.api_url}/claims")

    assert_problem(answer, 404)
