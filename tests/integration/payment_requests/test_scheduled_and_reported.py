"""The functions behind the requests: outcomes consumer, outbox relay, overdue sweep."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.api import RequestStatus, StepStatus
from local.servers.postgres import Postgres
from payment_requests import consumer, relay, sweep
from payment_requests.model import PaymentRequest
from runtime import aws
from runtime.errors import Unavailable
from tests.builders import (
    LambdaContext,
    payment_accepted,
    request,
    sqs_event,
    sqs_record,
    step_reported,
)
from tests.fakes import FakeSqs
from tests.integration.payment_requests.conftest import Store
from tests.lines import about, counted, parsed

QUEUE = "https://sqs.example/queue"
FUNCTIONS = (consumer, relay, sweep)

in_the_database = pytest.mark.parametrize("store", ["database"], indirect=True)


@pytest.fixture(autouse=True)
def sqs(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSqs]:
    """The functions' settings, and SQS in memory."""
    variables = {
        "QUEUE_URL": QUEUE,
        "DESTINATION": QUEUE,
        "MAX_RECEIVE_COUNT": "5",
        "RETRY_DELAY_SECONDS": "1",
        "RELAY_AGE_SECONDS": "30",
        "STEP_DEADLINE_SECONDS": "900",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for function in FUNCTIONS:
        function.settings.cache_clear()
    fake = FakeSqs()
    monkeypatch.setattr(aws, "sqs", lambda: fake)
    yield fake
    for function in FUNCTIONS:
        function.settings.cache_clear()


def aged(seconds: float, key: str = "key-1") -> PaymentRequest:
    """A request that was accepted so long ago."""
    return request(key, now=datetime.now(UTC) - timedelta(seconds=seconds))


def invoke(function: Any, event: dict[str, Any] | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = function.handler(event or {}, LambdaContext())
    return answer


def reported(record: dict[str, Any]) -> list[str]:
    answer = invoke(consumer, sqs_event(record))
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def status(store: Store, of: PaymentRequest) -> RequestStatus:
    found = store.find(of.id)
    assert found
    return found.status


def test_a_reported_outcome_completes_the_request(store: Store) -> None:
    accepted = aged(0)
    store.add(accepted, [])
    message = sqs_record(step_reported(accepted.id).model_dump_json())

    assert reported(message) == []
    assert reported(message) == []
    assert status(store, accepted) is RequestStatus.COMPLETED


@pytest.mark.parametrize(
    "body",
    ["{", "[]", step_reported(uuid4()).model_dump_json(), payment_accepted().model_dump_json()],
)
def test_a_report_that_is_of_no_use_is_asked_for_again_and_ends_as_a_dead_letter(
    store: Store, log: io.StringIO, body: str
) -> None:
    accepted, bad = aged(0), sqs_record(body)
    store.add(accepted, [])
    good = sqs_record(step_reported(accepted.id).model_dump_json())

    answer = invoke(consumer, sqs_event(bad, good))

    assert answer == {"batchItemFailures": [{"itemIdentifier": bad["messageId"]}]}
    assert status(store, accepted) is RequestStatus.COMPLETED


@in_the_database
def test_a_report_waits_for_a_database_that_is_down(
    store: Store, postgres: Postgres, log: io.StringIO, sqs: FakeSqs
) -> None:
    accepted = aged(0)
    store.add(accepted, [])
    message = sqs_record(step_reported(accepted.id).model_dump_json())

    postgres.stop()
    try:
        assert reported(message) == [message["messageId"]]
    finally:
        postgres.start()

    assert list(sqs.visibility) == [message["receiptHandle"]]
    assert reported(message) == []
    assert status(store, accepted) is RequestStatus.COMPLETED


def test_an_outcome_is_counted_once_however_often_it_is_reported(
    store: Store, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    accepted = aged(5)
    store.add(accepted, [])
    done = step_reported(accepted.id).model_dump_json()
    late = step_reported(accepted.id, StepStatus.RETRYING).model_dump_json()

    for body in (done, done, late, step_reported(uuid4()).model_dump_json()):
        reported(sqs_record(body))

    output = capsys.readouterr().out
    assert counted(output) == ["StepsDone sales", "PaymentsCompleted", "TimeToCompletion"]
    id = str(accepted.id)
    assert about(parsed(output)) == [("step done", id), ("payment completed", id)]


def test_what_the_relay_publishes_is_logged_under_the_requests(
    store: Store, log: io.StringIO
) -> None:
    events = [payment_accepted() for _ in range(3)]
    for number, event in enumerate(events):
        store.add(aged(60 + number, f"key-{number}"), [event])

    invoke(relay)

    lines = [line for line in about(parsed(log.getvalue())) if line[0] == "events published"]
    assert sorted(id or "" for _, id in lines) == sorted(str(e.data.request_id) for e in events)


def test_what_is_overdue_is_counted_once_under_its_request(
    store: Store, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    overdue = aged(901)
    store.add(overdue, [])

    invoke(sweep)
    invoke(sweep)

    output = capsys.readouterr().out
    assert counted(output) == ["StepsFailed sales", "PaymentsFailed"]
    id = str(overdue.id)
    assert about(parsed(output)) == [("step failed", id), ("payment failed", id)]


def test_the_relay_publishes_what_was_left(store: Store, sqs: FakeSqs) -> None:
    left, young = payment_accepted(), payment_accepted()
    store.add(aged(60), [left])
    store.add(aged(5, "young"), [young])

    assert invoke(relay) == {"found": 1, "published": 1}
    assert invoke(relay) == {"found": 0, "published": 0}
    (body,) = sqs.bodies(QUEUE)
    assert type(left).model_validate_json(body) == left


def test_the_relay_keeps_what_it_could_not_publish(
    store: Store, sqs: FakeSqs, log: io.StringIO
) -> None:
    store.add(aged(60), [payment_accepted()])
    sqs.is_down = True

    with pytest.raises(relay.NotPublished, match="1 of 1 events"):
        invoke(relay)
    sqs.is_down = False
    assert invoke(relay) == {"found": 1, "published": 1}


def test_the_relay_publishes_a_large_backlog_in_batches(store: Store, sqs: FakeSqs) -> None:
    store.add(aged(60), [payment_accepted() for _ in range(25)])

    assert invoke(relay) == {"found": 25, "published": 25}
    assert sqs.batches == [10, 10, 5]


def test_the_sweep_fails_what_nobody_reported(store: Store) -> None:
    overdue, young, completed = aged(901), aged(60, "young"), aged(901, "completed")
    for each in (overdue, young, completed):
        store.add(each, [])
    reported(sqs_record(step_reported(completed.id).model_dump_json()))

    assert invoke(sweep) == {"failed": 1}
    assert invoke(sweep) == {"failed": 0}
    assert status(store, overdue) is RequestStatus.FAILED
    assert status(store, young) is RequestStatus.ACCEPTED
    assert status(store, completed) is RequestStatus.COMPLETED


def test_a_redrive_reopens_what_the_sweep_has_failed(store: Store) -> None:
    overdue = aged(901)
    store.add(overdue, [])
    invoke(sweep)

    reported(sqs_record(step_reported(overdue.id, StepStatus.RETRYING).model_dump_json()))
    assert status(store, overdue) is RequestStatus.FAILED
    reported(sqs_record(step_reported(overdue.id).model_dump_json()))
    assert status(store, overdue) is RequestStatus.COMPLETED


@in_the_database
@pytest.mark.parametrize("function", [relay, sweep])
def test_scheduled_work_fails_loudly_while_the_database_is_down(
    store: Store, function: Any, postgres: Postgres, log: io.StringIO
) -> None:
    postgres.stop()
    try:
        with pytest.raises(Unavailable):
            invoke(function)
    finally:
        postgres.start()
