"""Audit hears of everything, over DynamoDB, and tells what happened to a request."""

import io
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

import sales.consumer
from audit import trail
from contracts.api import StepStatus
from contracts.events import Event
from local.cloud import Cloud
from runtime.errors import Unavailable
from tests.builders import NOW, LambdaContext, published, step_reported
from tests.integration.subscribers.conftest import OUTCOMES, Subscriber


@pytest.fixture
def request_id() -> UUID:
    return uuid4()


def later(event: Event, minutes: int) -> Event:
    return event.model_copy(update={"time": NOW + timedelta(minutes=minutes)})


def told(request_id: UUID) -> list[dict[str, Any]]:
    """The events of the request, as an operator gets them."""
    answer = trail.handler({"requestId": str(request_id)}, LambdaContext())  # type: ignore[arg-type]
    events: list[dict[str, Any]] = json.loads(json.dumps(answer))["events"]
    return events


def test_what_happened_to_a_request_is_told_in_order_of_time(
    audit_consumer: Subscriber, request_id: UUID
) -> None:
    accepted = published(request_id=request_id)
    failed = later(step_reported(request_id, StepStatus.RETRYING, service="customer"), 1)
    done = later(step_reported(request_id, service="customer"), 2)

    assert audit_consumer.take(done, published(), accepted) == audit_consumer.take(failed) == []
    assert [(event["source"], event["type"], event["time"]) for event in told(request_id)] == [
        ("payments", "payment.accepted.v1", "2026-11-03T12:00:00Z"),
        ("customer", "step.reported.v1", "2026-11-03T12:01:00Z"),
        ("customer", "step.reported.v1", "2026-11-03T12:02:00Z"),
    ]
    assert told(request_id)[2] == json.loads(done.model_dump_json())


def test_of_an_unknown_request_nothing_is_told(audit_consumer: Subscriber) -> None:
    assert told(uuid4()) == []


def test_a_duplicate_changes_nothing(audit_consumer: Subscriber, request_id: UUID) -> None:
    event = step_reported(request_id)

    assert audit_consumer.take(event, event) == audit_consumer.take(later(event, 1)) == []
    assert told(request_id) == [json.loads(event.model_dump_json())]


def test_the_attempts_of_a_message_that_was_redriven_are_told_beside_its_first(
    sales_consumer: Subscriber,
    audit_consumer: Subscriber,
    request_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
    log: io.StringIO,
) -> None:
    """And that it is done once, however often that is reported."""
    event = published(request_id=request_id, customer_id=f"C-{request_id}")
    with monkeypatch.context() as broken:
        broken.setenv("LEADS_TABLE", "missing")
        sales.consumer.wiring.cache_clear()
        for receives in (1, 5, 1):  # a redriven message is counted anew
            assert sales_consumer.take(event, receives=receives) == [0]
    sales.consumer.wiring.cache_clear()
    for receives in (2, 3):
        assert sales_consumer.take(event, receives=receives) == []

    assert audit_consumer.take(*sales_consumer.sqs.bodies(OUTCOMES)) == []
    statuses = [each["data"]["status"] for each in told(request_id)]
    assert statuses == ["retrying", "failed", "retrying", "done"]


def test_no_name_and_no_address_is_kept(
    audit_consumer: Subscriber, request_id: UUID, cloud: Cloud, tables: dict[str, str]
) -> None:
    for kind in ("payment.accepted.v1", "confirmation.due.v1"):
        audit_consumer.take(published(kind, request_id))

    items = cloud.client("dynamodb").query(
        TableName=tables["AUDIT_TABLE"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"REQUEST#{request_id}"}},
    )["Items"]
    assert len(items) == 2
    for personal in ("Ada", "Lovelace", "example.com", "payer"):
        assert personal not in json.dumps(items)


@pytest.mark.parametrize("kind", ["payment.accepted.v2", "policy.cancelled.v1"])
def test_an_event_that_audit_never_heard_of_is_kept(
    audit_consumer: Subscriber, request_id: UUID, kind: str
) -> None:
    event = json.loads(published(request_id=request_id).model_dump_json()) | {
        "type": kind,
        "data": {"requestId": str(request_id), "reasons": [{"code": 7, "share": 0.5}]},
    }

    assert audit_consumer.take(json.dumps(event)) == []
    assert told(request_id) == [event]


def test_what_is_no_event_comes_again_alone_until_it_is_dead_lettered(
    audit_consumer: Subscriber, request_id: UUID, log: io.StringIO
) -> None:
    notification = json.dumps({"Type": "Notification", "Message": "ada@example.com"})

    taken = audit_consumer.take(published(request_id=request_id), notification, "not JSON")

    assert taken == [1, 2]
    assert len(told(request_id)) == 1
    assert "example.com" not in log.getvalue()


def test_audit_is_no_step_of_a_request_and_reports_nothing(
    audit_consumer: Subscriber, request_id: UUID
) -> None:
    audit_consumer.take(published(request_id=request_id))

    assert audit_consumer.sqs.sent == []


def test_while_the_table_does_not_answer_events_wait_in_their_queue(
    audit_consumer: Subscriber,
    request_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
    log: io.StringIO,
) -> None:
    monkeypatch.setenv("AUDIT_TABLE", "missing")

    assert audit_consumer.take(published(request_id=request_id)) == [0]
    with pytest.raises(Unavailable):
        told(request_id)
