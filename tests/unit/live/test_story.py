"""What a log line tells, in lines as the functions write them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local.live.story import Kind, told
from operations.logs import Line

AT = datetime(2026, 11, 21, 16, 47, 13, 702_000, UTC)
REQUEST = "8a8a78c2-12f2-5bd2-86ae-bee563722587"


def logged(function: str, service: str, message: str, **about: Any) -> Line:
    """As Powertools' logger writes it. LocalStack's own time is that of the invocation's end."""
    fields = {
        "level": "INFO",
        "location": "work:7",
        "message": message,
        "timestamp": "2026-11-21 16:47:13,702+0000",
        "service": service,
        "cold_start": False,
        "function_name": "a-function",
        "function_request_id": "f120bae6-3c95-4a29-9020-6cd04aa6dd13",
        "correlation_id": REQUEST,
    }
    return Line(datetime.now(UTC), function, json.dumps(fields | about), "1")


def counted(function: str, service: str, message: str, **about: Any) -> Line:
    """As Powertools' metrics write it, in CloudWatch's embedded metric format."""
    fields = {
        "_aws": {"Timestamp": int(AT.timestamp() * 1000), "CloudWatchMetrics": []},
        "service": service,
        "message": message,
        "correlation_id": REQUEST,
    }
    return Line(datetime.now(UTC), function, json.dumps(fields | about), "1")


@pytest.mark.parametrize(
    ("line", "kind", "what"),
    [
        (
            logged("PaymentsApiFunction", "payments", "payment submitted"),
            Kind.RECEIVED,
            "received the payment",
        ),
        (
            counted("PaymentsApiFunction", "payments", "payment accepted"),
            Kind.ACCEPTED,
            "accepted it",
        ),
        (
            logged("PaymentsApiFunction", "payments", "events published", count=3),
            Kind.PUBLISHED,
            "published 3 events",
        ),
        (
            logged("SalesConsumerFunction", "sales", "a message is begun", receive_count=1),
            Kind.RECEIVED,
            "took its message",
        ),
        (
            logged("SalesConsumerFunction", "sales", "a message is begun", receive_count=2),
            Kind.RECEIVED,
            "took its message, attempt 2",
        ),
        (
            logged("SalesConsumerFunction", "sales", "events published", count=1),
            Kind.REPORTED,
            "reported its outcome",
        ),
        (
            logged("CustomerInternalApiFunction", "customer", "payment recorded"),
            Kind.DONE,
            "recorded it in the ledger",
        ),
        (
            logged("SalesInternalApiFunction", "sales", "premium followed up"),
            Kind.DONE,
            "wrote the lead",
        ),
        (
            logged("CommunicationInternalApiFunction", "communication", "payment confirmed"),
            Kind.DONE,
            "sent the mail",
        ),
        (
            counted("CustomerApiFunction", "customer", "step done", step="customer"),
            Kind.DONE,
            "recorded it in the ledger",
        ),
        (
            counted("OutcomesConsumerFunction", "customer", "step done", step="sales"),
            Kind.HEARD,
            "noted that Sales is done",
        ),
        (
            counted(
                "OutcomesConsumerFunction",
                "payments",
                "step failed",
                step="communication",
                detail="attempt 5 failed",
            ),
            Kind.FAILED,
            "noted of Communication: failed: attempt 5 failed",
        ),
        (
            counted("OutcomesConsumerFunction", "payments", "payment completed"),
            Kind.COMPLETED,
            "completed it",
        ),
        (
            counted("OutcomesConsumerFunction", "payments", "payment failed"),
            Kind.FAILED,
            "gave it up: a step has failed",
        ),
        (
            counted("PaymentsApiFunction", "payments", "payment refused", status="409"),
            Kind.FAILED,
            "refused it: 409",
        ),
        (
            logged(
                "SalesConsumerFunction",
                "sales",
                "a message failed",
                level="WARNING",
                exception="Traceback (most recent call last):\n  ...\nUnavailable: no answer",
            ),
            Kind.FAILED,
            "a message failed: Unavailable: no answer",
        ),
    ],
)
def test_a_line_is_a_step_of_its_service_at_the_time_when_it_was_written(
    line: Line, kind: Kind, what: str
) -> None:
    step = told(line)

    assert step
    assert (step.kind, step.what) == (kind, what)
    assert step.service == json.loads(line.text)["service"]
    assert step.at == AT


@pytest.mark.parametrize(
    "line",
    [
        logged("OutcomesConsumerFunction", "payments", "a message is begun", receive_count=1),
        logged("PaymentsApiFunction", "payments", "something else"),
        Line(AT, "SalesConsumerFunction", "START RequestId: 1 Version: $LATEST", "1"),
    ],
)
def test_a_line_that_says_nothing_new_is_no_step(line: Line) -> None:
    assert told(line) is None


def test_a_function_that_had_to_start_for_it_says_so_once() -> None:
    begun = logged("SalesConsumerFunction", "sales", "a message is begun", cold_start=True)
    published = logged(
        "SalesConsumerFunction", "sales", "events published", count=1, cold_start=True
    )

    steps = [told(begun), told(published)]

    assert [step.cold for step in steps if step] == [True, False]
