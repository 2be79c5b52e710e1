"""What all services know of a customer, in one answer."""

from collections.abc import Callable

import pytest

from tests.e2e.conftest import APIGW, Customer
from tests.e2e.test_bad_requests import assert_problem

pytestmark = pytest.mark.parametrize("stack", APIGW, indirect=True)


def overview_of(customer: Customer) -> str:
    return f"/customers/{customer.id}/overview"


def test_a_customer_sees_policies_payments_offer_and_confirmations(customer: Customer) -> None:
    request_ids = [customer.request(period=period) for period in ("2026-10", "2026-11")]

    answer = customer.get(overview_of(customer))

    assert answer.status == 200
    seen = answer.json()
    assert (seen["customerId"], seen["missing"]) == (customer.id, [])
    assert seen["customer"]["policies"] == [
        {
            "policyId": customer.policy_id,
            "product": "motor",
            "premium": {"value": "49.90", "currency": "EUR"},
        }
    ]
    payments = seen["customer"]["payments"]
    assert [payment["period"] for payment in payments] == ["2026-11", "2026-10"]
    assert seen["sales"]["products"] == ["motor"]
    assert seen["sales"]["payments"] == 2
    assert seen["sales"]["nextOffer"]
    confirmations = seen["communication"]["confirmations"]
    assert [sent["requestId"] for sent in confirmations] == request_ids[::-1]


def test_a_customer_who_never_paid_sees_policies_and_an_offer(customer: Customer) -> None:
    seen = customer.get(overview_of(customer)).json()

    assert len(seen["customer"]["policies"]) == 1
    assert seen["customer"]["payments"] == []
    assert (seen["sales"]["products"], seen["sales"]["payments"]) == ([], 0)
    assert seen["communication"]["confirmations"] == []


def test_nobody_sees_another_customers_overview(new_customer: Callable[[], Customer]) -> None:
    ada, grace = new_customer(), new_customer()

    assert_problem(ada.get(overview_of(grace)), 403)


def test_an_overview_needs_a_token(customer: Customer) -> None:
    assert_problem(customer.get(overview_of(customer), token=None), 401)


def test_a_customer_id_that_is_none_is_refused(customer: Customer) -> None:
    assert_problem(customer.get("/customers/no%20id/overview"), 400)
