"""One payment is found by its id in every service that has to do with it, and counted once."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from local.stack import Stack
from operations import command_line, logs, trace
from operations.place import Place
from operations.stack import Stack as Deployed
from operations.stack import find
from payment_requests.model import request_id
from tests.e2e.conftest import Customer
from tests.eventually import eventually

SUBSCRIBERS = {
    "PaymentsApiFunction": "payments",
    "CustomerConsumerFunction": "customer",
    "SalesConsumerFunction": "sales",
    "CommunicationConsumerFunction": "communication",
    "OutcomesConsumerFunction": "payments",
    "AuditConsumerFunction": "audit",
}
INVOLVED = {
    "decouple": {
        "CustomerApiFunction": "customer",
        "SalesConsumerFunction": "sales",
        "OutcomesConsumerFunction": "customer",
    },
    "apigw-single": {
        "PaymentsApiFunction": "payments",
        "CustomerInternalApiFunction": "customer",
        "SalesInternalApiFunction": "sales",
        "CommunicationInternalApiFunction": "communication",
    },
    "pubsub-sns": SUBSCRIBERS,
    # Of whose events each subscriber gets a part only.
    "pubsub-one-event": SUBSCRIBERS,
}
STEPS = {"decouple": ["customer", "sales"]}

pytestmark = pytest.mark.parametrize("stack", INVOLVED, indirect=True)


@pytest.fixture
def deployed(cloud: Cloud, stack: Stack) -> Deployed:
    found = find(Place.local(cloud), stack.name)
    assert found
    return found


def lines(deployed: Deployed, request: str) -> list[tuple[str, dict[str, Any]]]:
    """Function by function."""
    start = datetime.now(UTC) - timedelta(hours=1)
    found = logs.lines(deployed, logs.log_groups(deployed), start, request)
    return [(line.function, json.loads(line.text)) for line in found]


def wait_for_lines(deployed: Deployed, stack: Stack, request: str) -> list[dict[str, Any]]:
    """Until every function that is involved has told of the request, and of its completion."""

    def told() -> list[dict[str, Any]] | None:
        found = lines(deployed, request)
        services = {function: line["service"] for function, line in found}
        is_completed = any(line["message"] == "payment completed" for _, line in found)
        is_told = is_completed and services == INVOLVED[stack.name]
        return [line for _, line in found] if is_told else None

    return eventually(told, f"lines about {request} of {list(INVOLVED[stack.name])}")


def test_a_payment_leaves_lines_with_its_id_in_every_service(
    customer: Customer, deployed: Deployed, stack: Stack
) -> None:
    request = customer.complete()["requestId"]

    found = wait_for_lines(deployed, stack, request)

    assert {line["correlation_id"] for line in found} == {request}
    for personal in (customer.email, "Ada", "Lovelace"):
        assert personal not in json.dumps(found)


def test_a_payment_is_counted_once_also_when_its_client_repeats_it(
    customer: Customer, deployed: Deployed, stack: Stack
) -> None:
    key = str(uuid4())
    request = customer.pay(key=key).json()["requestId"]
    customer.wait_until("completed", request)
    assert customer.pay(key=key).status == 201
    refused = customer.pay().json()

    found = wait_for_lines(deployed, stack, request)

    counted: Counter[str] = Counter()
    for line in found:
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == stack.name
            for metric in directive["Metrics"]:
                counted[" ".join([metric["Name"], line.get("step", "")]).strip()] += 1
    steps = STEPS.get(stack.name, ["customer", "sales", "communication"])
    once = ["PaymentsAccepted", "PaymentsCompleted", "TimeToCompletion"]
    assert {name: n for name, n in counted.items() if "Retrying" not in name} == dict.fromkeys(
        [*once, *(f"StepsDone {step}" for step in steps)], 1
    )
    assert refused["status"] == 409


def test_the_story_of_a_payment_begins_with_the_client_and_has_every_service(
    customer: Customer,
    deployed: Deployed,
    stack: Stack,
    capsys: pytest.CaptureFixture[str],
) -> None:
    request = customer.complete()["requestId"]
    wait_for_lines(deployed, stack, request)

    assert command_line.execute(["trace", "--local", "--stack", stack.name, request]) == 0

    output = capsys.readouterr().out
    first, *_ = (line for line in output.splitlines() if line.startswith("    0.0"))
    assert "payment submitted" in first
    for function, service in INVOLVED[stack.name].items():
        assert f"{service} " in output
        assert function in output
    kept = output.partition("events that Audit has kept")[2]
    assert kept.count("step.reported.v1") == (3 if stack.name.startswith("pubsub") else 0)


def test_of_a_request_that_nobody_made_there_is_no_story(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = str(uuid4())

    assert command_line.execute(["trace", "--local", "--stack", stack.name, unknown]) == 1

    assert f"has logged nothing about request {unknown}" in capsys.readouterr().err


def test_a_refusal_is_found_by_the_id_that_the_request_would_have_had(
    customer: Customer, deployed: Deployed, stack: Stack
) -> None:
    key = str(uuid4())
    amount = {"value": "1.00", "currency": "EUR"}
    assert customer.pay(customer.submission(amount=amount), key=key).status == 422
    id = request_id(customer.id, key)
    start = datetime.now(UTC) - timedelta(hours=1)

    def told() -> bool:
        return any("payment refused" in each.what for each in trace.story(deployed, id, start))

    assert eventually(told, f"a line about the refused {id}")
