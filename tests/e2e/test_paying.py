"""A customer pays premiums through the deployed stack."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.e2e.conftest import ACCEPTED, APIGW, PUBSUB, Backstage, Customer


def test_a_premium_is_accepted_and_completed_when_every_service_has_done_its_part(
    customer: Customer, backstage: Backstage
) -> None:
    answer = customer.pay()

    assert answer.status in ACCEPTED
    request = answer.json()
    assert answer.headers["Location"] == f"/payments/{request['requestId']}"
    assert [step["service"] for step in request["steps"]][:2] == ["customer", "sales"]

    completed = customer.wait_until("completed", request["requestId"])
    assert {step["status"] for step in completed["steps"]} == {"done"}
    (row,) = backstage.ledger(customer.policy_id)
    assert (str(row["request_id"]), str(row["amount"]), row["currency"], row["period"]) == (
        request["requestId"],
        "49.90",
        "EUR",
        "2026-11",
    )
    lead = backstage.lead(customer.id)
    assert lead is not None
    assert (lead["payments"], lead["products"]) == ({"N": "1"}, {"SS": ["motor"]})


@pytest.mark.parametrize("stack", ["decouple"], indirect=True)
def test_decoupled_the_answer_does_not_wait_for_sales(customer: Customer) -> None:
    answer = customer.pay()

    assert answer.status == 202
    assert [(step["service"], step["status"]) for step in answer.json()["steps"]] == [
        ("customer", "done"),
        ("sales", "pending"),
    ]


@pytest.mark.parametrize("stack", PUBSUB, indirect=True)
def test_published_the_answer_waits_for_no_subscriber(customer: Customer) -> None:
    answer = customer.pay()

    assert answer.status == 202
    assert [(step["service"], step["status"]) for step in answer.json()["steps"]] == [
        ("customer", "pending"),
        ("sales", "pending"),
        ("communication", "pending"),
    ]


@pytest.mark.parametrize("stack", APIGW, indirect=True)
def test_through_gateways_every_step_is_done_when_the_answer_comes(customer: Customer) -> None:
    answer = customer.pay()

    assert answer.status == 201
    assert [(step["service"], step["status"]) for step in answer.json()["steps"]] == [
        ("customer", "done"),
        ("sales", "done"),
        ("communication", "done"),
    ]


def test_a_poll_right_after_the_answer_finds_the_request(customer: Customer) -> None:
    request_id = customer.request()

    answer = customer.ask(request_id)

    assert answer.status == 200
    assert answer.json()["requestId"] == request_id


def test_several_months_of_a_policy_are_one_lead_with_as_many_payments(
    customer: Customer, backstage: Backstage
) -> None:
    periods = ["2026-01", "2026-02", "2026-03", "2026-04"]

    for request_id in [customer.request(period=period) for period in periods]:
        customer.wait_until("completed", request_id)
    assert len(backstage.ledger(customer.policy_id)) == 4
    lead = backstage.lead(customer.id)
    assert lead is not None
    assert (lead["payments"], lead["lastPeriod"]) == ({"N": "4"}, {"S": "2026-04"})


def test_the_same_key_and_body_name_the_same_request_and_do_nothing_twice(
    customer: Customer, backstage: Backstage
) -> None:
    key = str(uuid4())
    first = customer.pay(key=key).json()
    customer.wait_until("completed", first["requestId"])

    again = customer.pay(key=key)

    assert again.status == 201
    assert (again.json()["requestId"], again.json()["status"]) == (first["requestId"], "completed")
    assert len(backstage.ledger(customer.policy_id)) == 1
    lead = backstage.lead(customer.id)
    assert lead is not None
    assert lead["payments"] == {"N": "1"}


def test_identical_requests_at_once_are_one_payment(
    customer: Customer, backstage: Backstage
) -> None:
    key = str(uuid4())

    with ThreadPoolExecutor(max_workers=5) as pool:
        answers = list(pool.map(lambda _: customer.pay(key=key), range(5)))

    assert {answer.status for answer in answers} <= set(ACCEPTED)
    (request_id,) = {answer.json()["requestId"] for answer in answers}
    customer.wait_until("completed", request_id)
    assert len(backstage.ledger(customer.policy_id)) == 1


def test_different_keys_at_once_pay_a_period_once(customer: Customer, backstage: Backstage) -> None:
    with ThreadPoolExecutor(max_workers=5) as pool:
        answers = list(pool.map(lambda _: customer.pay(), range(5)))

    first, *others = sorted(answers, key=lambda answer: answer.status)
    assert first.status in ACCEPTED
    assert [answer.status for answer in others] == [409, 409, 409, 409]
    customer.wait_until("completed", first.json()["requestId"])
    assert len(backstage.ledger(customer.policy_id)) == 1


def test_a_key_that_came_with_another_body_is_refused(customer: Customer) -> None:
    key = str(uuid4())
    customer.pay(key=key)

    answer = customer.pay(customer.submission(period="2026-12"), key=key)

    assert answer.status == 422
    assert "Idempotency-Key" in answer.json()["detail"]


def test_keys_are_the_customers_own(new_customer: Callable[[], Customer]) -> None:
    key = str(uuid4())
    ada, grace = new_customer(), new_customer()

    answers = [ada.pay(key=key), grace.pay(key=key)]

    assert {answer.status for answer in answers} <= set(ACCEPTED)
    assert answers[0].json()["requestId"] != answers[1].json()["requestId"]


def test_a_period_that_is_paid_is_refused(customer: Customer, backstage: Backstage) -> None:
    customer.complete()

    answer = customer.pay()

    assert answer.status == 409
    assert "2026-11" in answer.json()["detail"]
    assert len(backstage.ledger(customer.policy_id)) == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"policyId": "P-unknown"}, "P-unknown"),
        ({"amount": {"value": "49.91", "currency": "EUR"}}, "49.90 EUR"),
        ({"amount": {"value": "49.90", "currency": "USD"}}, "49.90 EUR"),
    ],
    ids=["unknown policy", "wrong amount", "other currency"],
)
def test_a_payment_that_is_not_due_is_refused_and_says_what_is(
    customer: Customer, backstage: Backstage, changes: dict[str, object], expected: str
) -> None:
    answer = customer.pay(customer.submission(**changes))

    assert answer.status == 422
    assert expected in answer.json()["detail"]
    assert backstage.ledger(customer.policy_id) == []


def test_another_customers_policy_is_as_good_as_unknown(
    new_customer: Callable[[], Customer], backstage: Backstage
) -> None:
    ada, grace = new_customer(), new_customer()

    answer = ada.pay(ada.submission(policyId=grace.policy_id))

    assert answer.status == 422
    assert backstage.ledger(grace.policy_id) == []
