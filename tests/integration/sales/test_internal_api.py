"""Sales' internal API over DynamoDB."""

import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from sales import internal_api
from sales.leads import LeadsTable
from sales.model import Lead, LeadChanged
from tests.builders import LambdaContext, api_event


@pytest.fixture(autouse=True)
def environment(
    aws_clients: Cloud, table: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setenv("LEADS_TABLE", table)
    monkeypatch.setenv("MARK_RETENTION_DAYS", "90")
    internal_api.leads.cache_clear()
    yield monkeypatch
    internal_api.leads.cache_clear()


@pytest.fixture
def customer() -> str:
    """The id of a customer of this test only."""
    return f"C-{uuid4()}"


def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
    event = api_event(method, f"/internal/sales{path}", body=body, subject=None)
    answer = internal_api.handler(event, LambdaContext())  # type: ignore[arg-type]
    return answer["statusCode"], json.loads(answer["body"] or "null")


def put(customer: str, product: str = "home", request_id: object = None) -> tuple[int, Any]:
    body = {"customerId": customer, "product": product, "period": "2026-11"}
    return call("PUT", f"/premiums/{request_id or uuid4()}", body)


def get(customer: str) -> tuple[int, Any]:
    return call("GET", f"/customers/{customer}")


def test_paid_premiums_make_a_lead_that_is_told(customer: str) -> None:
    assert put(customer, "motor") == put(customer, "liability") == (204, None)

    lead = {"products": ["liability", "motor"], "payments": 2, "nextOffer": "home"}
    assert get(customer) == (200, lead)


def test_a_repetition_counts_once(customer: str) -> None:
    request_id = uuid4()

    assert put(customer, request_id=request_id) == put(customer, request_id=request_id)
    assert get(customer)[1]["payments"] == 1


def test_an_unknown_customer_is_to_be_offered_the_first_product(customer: str) -> None:
    nothing = {"products": [], "payments": 0, "nextOffer": "liability"}

    assert get(customer) == (200, nothing)


@pytest.mark.parametrize("body", [{}, {"customerId": "C-1"}, "{", None], ids=str)
def test_a_malformed_premium_is_refused(body: Any) -> None:
    assert call("PUT", f"/premiums/{uuid4()}", body)[0] == 400


def test_a_lead_that_keeps_changing_is_to_be_tried_again(
    customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(self: LeadsTable, lead: Lead, request_id: object) -> None:
        raise LeadChanged("the lead changed meanwhile")

    monkeypatch.setattr(LeadsTable, "save", save)

    status, problem = put(customer)
    assert (status, problem["status"]) == (503, 503)


def test_while_the_table_does_not_answer_the_call_is_to_be_repeated(
    customer: str, environment: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    environment.setenv("LEADS_TABLE", "missing")

    assert [put(customer)[0], get(customer)[0]] == [503, 503]
    assert "DynamoDB: ResourceNotFoundException" in log.getvalue()
