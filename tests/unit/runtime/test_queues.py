"""Queues as a destination of events, and the back-off of failed messages."""

import io
import json

import pytest

from runtime.queues import QueuePublisher, receive_count, retry_later
from tests.builders import payment_accepted, sqs_record
from tests.fakes import FakeSqs

QUEUE = "https://sqs.example/queue"


def test_events_are_sent_as_json_in_batches_of_ten(sqs: FakeSqs) -> None:
    events = [payment_accepted() for _ in range(23)]

    assert QueuePublisher(QUEUE).publish(events) == [event.id for event in events]
    assert sqs.batches == [10, 10, 3]
    assert [json.loads(body)["id"] for body in sqs.bodies(QUEUE)] == [str(e.id) for e in events]


def test_a_refused_event_is_missing_from_the_answer_and_logged(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    good, refused = payment_accepted(), payment_accepted()
    sqs.refuses = lambda body: str(refused.id) in body

    assert QueuePublisher(QUEUE).publish([refused, good]) == [good.id]
    assert '"code":"Refused"' in log.getvalue()


def test_all_events_may_be_refused(sqs: FakeSqs, log: io.StringIO) -> None:
    sqs.refuses = lambda body: True

    assert QueuePublisher(QUEUE).publish([payment_accepted()]) == []


def test_an_unavailable_queue_publishes_nothing_and_raises_nothing(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    sqs.is_down = True

    assert QueuePublisher(QUEUE).publish([payment_accepted()]) == []
    assert "queue unavailable" in log.getvalue()


def test_without_events_the_queue_is_not_called(sqs: FakeSqs) -> None:
    assert QueuePublisher(QUEUE).publish([]) == []
    assert not sqs.batches


@pytest.mark.parametrize(
    ("receives", "shortest", "longest"),
    [(1, 2.5, 5), (2, 5, 10), (3, 10, 20), (9, 450, 900), (1000, 450, 900)],
)
def test_a_failed_message_comes_back_after_a_delay_that_doubles(
    sqs: FakeSqs, receives: int, shortest: float, longest: float
) -> None:
    records = [sqs_record("{}", receives=receives) for _ in range(25)]

    retry_later(QUEUE, records, base_delay_seconds=5)

    assert sqs.visibility.keys() == {record["receiptHandle"] for record in records}
    assert all(round(shortest) <= delay <= longest for delay in sqs.visibility.values())
    assert sqs.batches == [10, 10, 5]


def test_messages_that_failed_together_do_not_come_back_together(sqs: FakeSqs) -> None:
    retry_later(QUEUE, [sqs_record("{}", receives=8) for _ in range(25)], base_delay_seconds=5)

    assert len(set(sqs.visibility.values())) > 1


def test_where_the_delay_cannot_be_set_the_visibility_timeout_still_holds(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    sqs.is_down = True

    retry_later(QUEUE, [sqs_record("{}")], base_delay_seconds=5)

    assert "visibility unchanged" in log.getvalue()


def test_a_message_knows_how_often_it_was_received() -> None:
    assert receive_count(sqs_record("{}", receives=3)) == 3
