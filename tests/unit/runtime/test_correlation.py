"""Every log line about a payment carries the id of its request, and no other line does."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import PaymentAccepted
from contracts.internal import LedgerView
from runtime import publishers
from runtime.errors import NotDone, StepFailed
from runtime.logs import correlated, logger
from runtime.service_client import Downstream, ServiceClient
from tests.builders import LambdaContext, payment_accepted, sqs_record
from tests.fakes import FakeSqs
from tests.lines import about, parsed
from tests.unit.runtime.steps import MAX_RECEIVE_COUNT, QUEUE, Work, record, step


def logged(log: io.StringIO, message: str) -> list[str | None]:
    """Whom the lines with this message are about."""
    return [id for said, id in about(parsed(log.getvalue())) if said == message]


def working(work: Callable[[PaymentAccepted], None]) -> Callable[[PaymentAccepted], None]:
    """The same work, which logs a line as a store or a client might, and knows no request."""

    def logging(message: PaymentAccepted) -> None:
        logger.info("deep inside")
        work(message)

    return logging


def test_each_message_of_a_batch_is_logged_under_its_own_request(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    ids = [uuid4() for _ in range(3)]

    step(working(Work()), *map(record, ids))

    assert logged(log, "a message is begun") == [str(id) for id in ids]
    assert logged(log, "deep inside") == [str(id) for id in ids]
    assert logged(log, "events published") == [str(id) for id in ids]


@pytest.mark.parametrize(
    ("error", "said"),
    [(RuntimeError("down"), "a message failed"), (StepFailed("no address"), "a step failed")],
    ids=["failed", "failed for good"],
)
def test_a_failure_is_logged_under_the_request_that_failed(
    sqs: FakeSqs, log: io.StringIO, error: Exception, said: str
) -> None:
    failing, good = uuid4(), uuid4()

    step(working(Work(failing, error=error)), record(failing), record(good))

    assert logged(log, said) == [str(failing)]
    assert logged(log, "deep inside") == [str(failing), str(good)]


def test_after_its_last_attempt_too(sqs: FakeSqs, log: io.StringIO) -> None:
    failing = uuid4()

    step(Work(failing), record(failing, receives=MAX_RECEIVE_COUNT))

    assert logged(log, "a message failed") == [str(failing)]


def test_what_is_not_begun_is_logged_under_its_request(sqs: FakeSqs, log: io.StringIO) -> None:
    late = uuid4()

    step(Work(), record(late), context=LambdaContext(1_000))

    assert about(parsed(log.getvalue())) == [("a message was not begun", str(late))]


def test_a_message_that_is_not_as_agreed_is_logged_under_its_request_where_it_names_one(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    unknown_type = payment_accepted().model_copy(update={"type": "payment.accepted.v2"})
    id = str(unknown_type.data.request_id)
    bodies = [unknown_type.model_dump_json(), "{", "[]", '{"data": {"requestId": "x"}}']

    step(Work(), *map(sqs_record, bodies))

    assert logged(log, "a message failed") == [id, None, None, None]


def test_after_the_batch_no_line_is_about_its_last_request(sqs: FakeSqs, log: io.StringIO) -> None:
    step(Work(), record())
    logger.info("afterwards")

    assert logged(log, "afterwards") == [None]


@pytest.mark.parametrize("fault", ["is down", "refuses"])
def test_a_message_whose_back_off_is_not_set_is_logged_under_its_request(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    failing, other = uuid4(), uuid4()

    class Sqs(FakeSqs):
        def change_message_visibility_batch(
            self, *, QueueUrl: str, Entries: list[dict[str, Any]]
        ) -> dict[str, Any]:
            self.is_down = fault == "is down"
            super().change_message_visibility_batch(QueueUrl=QueueUrl, Entries=Entries)
            return {"Failed": [{"Id": entry["Id"], "Code": "Refused"} for entry in Entries]}

    monkeypatch.setattr("runtime.aws.sqs", Sqs)
    step(Work(failing, other), record(failing), record(other))

    assert logged(log, "visibility unchanged") == [str(failing), str(other)]


def test_events_of_several_requests_are_counted_under_each(sqs: FakeSqs, log: io.StringIO) -> None:
    twice, once = payment_accepted(), payment_accepted()

    publishers.QueuePublisher(QUEUE).publish([twice, once, twice.model_copy()])

    lines = parsed(log.getvalue())
    assert [(line["correlation_id"], line["count"]) for line in lines] == [
        (str(twice.data.request_id), 2),
        (str(once.data.request_id), 1),
    ]


@pytest.mark.parametrize("said", ["event refused", "nothing published"])
def test_events_that_are_not_published_are_logged_under_their_requests(
    sqs: FakeSqs, log: io.StringIO, said: str
) -> None:
    events = [payment_accepted() for _ in range(2)]
    sqs.refuses = lambda body: True
    sqs.is_down = said == "nothing published"

    publishers.QueuePublisher(QUEUE).publish(events)

    assert logged(log, said) == [str(event.data.request_id) for event in events]


def test_what_is_published_for_others_leaves_the_correlation_as_it_was(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    here = uuid4()
    with correlated(here):
        publishers.QueuePublisher(QUEUE).publish([payment_accepted()])
        logger.info("afterwards")

    assert logged(log, "afterwards") == [str(here)]


def test_a_call_that_failed_is_logged_under_the_request_that_it_was_for(log: io.StringIO) -> None:
    asking = uuid4()
    sales = ServiceClient("sales", Downstream(url="https://sales.example", read_seconds=1))

    with correlated(asking), pytest.raises(NotDone):
        sales.get("/customers/C-1", deadline=0, answer=LedgerView)

    assert logged(log, "call failed") == [str(asking)]


@pytest.mark.parametrize("before", [None, uuid4()], ids=["none", "another"])
def test_a_block_ends_with_the_correlation_that_it_found(
    log: io.StringIO, before: UUID | None
) -> None:
    def fail() -> None:
        with correlated(uuid4()):
            raise RuntimeError

    with correlated(before):
        with pytest.raises(RuntimeError):
            fail()
        logger.info("afterwards")

    assert logged(log, "afterwards") == [str(before) if before else None]
