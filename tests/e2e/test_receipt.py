"""The receipt of a payment, which the gateway makes of what Payments answers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.e2e.conftest import APIGW, Customer
from tests.e2e.test_bad_requests import assert_problem
from tests.eventually import eventually

pytestmark = pytest.mark.parametrize("stack", APIGW, indirect=True)


def receipt_of(request_id: str) -> str:
    return f"/payments/{request_id}/receipt"


def test_a_receipt_holds_what_the_customer_needs_and_nothing_else(customer: Customer) -> None:
    began = datetime.now(UTC).date().isoformat()
    request_id = customer.request()

    answer = customer.get(receipt_of(request_id))

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    receipt = answer.json()
    assert began <= receipt.pop("recordedOn") <= datetime.now(UTC).date().isoformat()
    assert receipt == {
        "receiptNumber": request_id,
        "policy": customer.policy_id,
        "paid": "49.90 EUR",
        "month": "2026-11",
    }


def test_another_customers_receipt_is_not_found(new_customer: Callable[[], Customer]) -> None:
    ada, grace = new_customer(), new_customer()
    request_id = ada.request()

    assert_problem(grace.get(receipt_of(request_id)), 404)


def test_the_receipt_of_an_unknown_request_is_not_found(customer: Customer) -> None:
    assert_problem(customer.get(receipt_of(str(uuid4()))), 404)


@pytest.mark.parametrize("request_id", ["nonsense", "%22%7D", "1%5C"])
def test_a_request_id_that_is_none_is_refused(customer: Customer, request_id: str) -> None:
    assert_problem(customer.get(receipt_of(request_id)), 400)


def test_a_receipt_needs_a_token(customer: Customer) -> None:
    assert_problem(customer.get(receipt_of(str(uuid4())), token=None), 401)


def test_a_token_expires_although_the_gateway_has_cached_its_authorization(
    customer: Customer,
) -> None:
    request_id = customer.request()
    token = customer.token(lifetime=timedelta(seconds=3))

    answer = eventually(
        lambda: (
            a if (a := customer.get(receipt_of(request_id), token=token)).status != 200 else None
        ),
        "the token has expired",
    )

    assert_problem(answer, 401)


def test_a_browser_of_an_allowed_origin_may_read_it(customer: Customer, origin: str) -> None:
    url = f"{customer.api_url}{receipt_of(customer.request())}"
    headers = {"Origin": origin, "Authorization": f"Bearer {customer.token()}"}

    answer = customer.http.request("GET", url, headers=headers)

    assert answer.headers["Access-Control-Allow-Origin"] == origin
