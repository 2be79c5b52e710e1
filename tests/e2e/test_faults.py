"""What breaks around the functions, in a stack of its own: one test at a time."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import urllib3

from local.cloud import Cloud
from local.issuer import Issuer
from local.stack import Stack, deploy
from local.variants import VARIANTS
from tests.e2e.conftest import Backstage, Customer, enrolled
from tests.e2e.functions import environment, kill
from tests.e2e.test_bad_requests import assert_problem
from tests.eventually import eventually
from tests.tcp import Proxy, Trap


@pytest.fixture(scope="module")
def database(cloud: Cloud) -> Iterator[Proxy]:
    """The way from the functions to their database, which can be cut."""
    with Proxy(urlsplit(cloud.create_database("faults")).port or 0).running() as proxy:
        yield proxy


@pytest.fixture(scope="module")
def stack(cloud: Cloud, database: Proxy) -> Stack:
    stack = deploy(
        cloud,
        VARIANTS["decouple"],
        name="faults",
        parameters={
            "LocalDatabaseUrl": f"postgresql://postgres@127.0.0.1:{database.port}/faults",
            "RetryDelaySeconds": "2",
            "RelayAgeSeconds": "0",
            "RelaySchedule": "rate(1 day)",
            "SweepSchedule": "rate(1 day)",
        },
    )
    # A killed function's messages come back after the visibility time-out, minutes later.
    cloud.client("sqs").set_queue_attributes(
        QueueUrl=stack.outputs["SalesQueueUrl"], Attributes={"VisibilityTimeout": "1"}
    )
    return stack


@pytest.fixture(scope="module")
def backstage(cloud: Cloud, stack: Stack) -> Backstage:
    return Backstage(cloud, stack, cloud.create_database(stack.name))


@pytest.fixture
def customer(cloud: Cloud, stack: Stack, issuer: Issuer, http: urllib3.PoolManager) -> Customer:
    return enrolled(cloud, stack, Customer(stack.outputs["ApiUrl"], issuer, http))


def payments_of(backstage: Backstage, customer: Customer) -> Any:
    lead = backstage.lead(customer.id)
    return lead and int(lead["payments"]["N"])


def test_without_its_database_customer_answers_503_and_nothing_is_half_written(
    customer: Customer, backstage: Backstage, database: Proxy
) -> None:
    key = str(uuid4())

    with database.cut():
        answer = customer.pay(key=key)

    assert_problem(answer, 503)
    assert "same Idempotency-Key" in answer.json()["detail"]
    assert answer.headers["Retry-After"]
    assert backstage.ledger(customer.policy_id) == []
    assert backstage.sql("SELECT 1 FROM requests WHERE subject = %s", customer.id) == []

    again = customer.pay(key=key)
    assert again.status == 202
    customer.wait_until("completed", again.json()["requestId"])
    assert len(backstage.ledger(customer.policy_id)) == 1


def test_connections_that_were_cut_are_replaced_before_anybody_notices(
    customer: Customer, database: Proxy
) -> None:
    customer.pay()
    with database.cut():
        pass

    answer = customer.pay(customer.submission(period="2026-12"))

    assert answer.status == 202


def test_a_report_that_finds_no_database_is_noted_when_it_is_back(
    customer: Customer, backstage: Backstage, database: Proxy
) -> None:
    def step(request_id: str) -> str:
        (row,) = backstage.sql(
            "SELECT status FROM steps WHERE request_id = %s AND service = 'sales'", request_id
        )
        return str(row["status"])

    for month in range(1, 13):  # Sales may have reported before the cut: then once more
        request_id = customer.request(period=f"2027-{month:02}")
        with database.cut():
            if step(request_id) == "done":
                continue
            eventually(lambda m=month: payments_of(backstage, customer) == m, "Sales has worked")
            eventually(
                lambda: not backstage.is_drained("OutcomesQueueUrl"), "the report is in its queue"
            )
            assert step(request_id) == "pending"
        customer.wait_until("completed", request_id)
        return
    pytest.fail("Sales reported before the database was cut, in each of twelve payments")


def test_what_could_not_be_published_after_the_commit_is_published_by_the_relay(
    customer: Customer, backstage: Backstage
) -> None:
    with environment(backstage, "CustomerApiFunction", AWS_ENDPOINT_URL_SQS="http://127.0.0.1:1"):
        answer = customer.pay()

    assert answer.status == 202
    request_id = answer.json()["requestId"]
    assert customer.ask(request_id).json()["status"] == "accepted"
    assert backstage.invoke("OutboxRelayFunction") == {"found": 1, "published": 1}
    customer.wait_until("completed", request_id)
    assert payments_of(backstage, customer) == 1
    assert backstage.invoke("OutboxRelayFunction") == {"found": 0, "published": 0}


def test_a_queue_that_does_not_answer_does_not_keep_the_client_waiting_for_long(
    customer: Customer, backstage: Backstage
) -> None:
    with (
        Trap(lambda: None).running() as silent,
        environment(
            backstage,
            "CustomerApiFunction",
            AWS_ENDPOINT_URL_SQS=f"http://127.0.0.1:{silent.port}",
        ),
    ):
        answer = customer.pay()

    assert answer.status == 202  # and not the gateway's 5xx for a function that timed out
    assert backstage.invoke("OutboxRelayFunction") == {"found": 1, "published": 1}
    customer.wait_until("completed", answer.json()["requestId"])


def test_a_crash_between_commit_and_publish_loses_nothing_and_does_nothing_twice(
    customer: Customer, backstage: Backstage
) -> None:
    key = str(uuid4())
    name = backstage.stack.outputs["CustomerApiFunction"]

    with (
        Trap(lambda: kill(name)).running() as trap,
        environment(
            backstage,
            "CustomerApiFunction",
            AWS_ENDPOINT_URL_SQS=f"http://127.0.0.1:{trap.port}",
        ),
    ):
        crashed = customer.pay(key=key)

    assert_problem(crashed, 502)
    assert len(backstage.ledger(customer.policy_id)) == 1
    again = customer.pay(key=key)
    assert again.status == 202
    assert backstage.invoke("OutboxRelayFunction") == {"found": 1, "published": 1}
    customer.wait_until("completed", again.json()["requestId"])
    assert len(backstage.ledger(customer.policy_id)) == 1
    assert payments_of(backstage, customer) == 1


def test_sales_killed_in_every_attempt_is_failed_by_the_sweep_and_mended_by_a_redrive(
    customer: Customer, backstage: Backstage
) -> None:
    name = backstage.stack.outputs["SalesConsumerFunction"]
    with (
        Trap(lambda: kill(name)).running() as trap,
        environment(
            backstage,
            "SalesConsumerFunction",
            AWS_ENDPOINT_URL_DYNAMODB=f"http://127.0.0.1:{trap.port}",
        ),
    ):
        request_id = customer.request()
        eventually(
            lambda: backstage.dead_letter("SalesDeadLetterQueueUrl", request_id),
            "the message is in the dead-letter queue",
            seconds=60,
        )
    assert customer.ask(request_id).json()["status"] == "accepted"

    backstage.sql(
        "UPDATE requests SET accepted_at = now() - interval '1 day' WHERE request_id = %s",
        request_id,
    )
    backstage.invoke("OverdueSweepFunction")
    assert customer.ask(request_id).json()["status"] == "failed"

    backstage.redrive("SalesDeadLetterQueueUrl", "SalesQueueUrl")
    customer.wait_until("completed", request_id)
    assert payments_of(backstage, customer) == 1


def test_an_attempt_that_fails_shows_as_retrying_and_succeeds_later(
    customer: Customer, backstage: Backstage
) -> None:
    with environment(
        backstage, "SalesConsumerFunction", AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:1"
    ):
        request_id = customer.request()
        eventually(
            lambda: customer.ask(request_id).json()["steps"][1]["status"] == "retrying",
            "the step is retrying",
        )

    customer.wait_until("completed", request_id)
    assert payments_of(backstage, customer) == 1
