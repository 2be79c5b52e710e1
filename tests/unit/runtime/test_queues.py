"""The back-off of failed messages."""

import io

import pytest

from runtime.queues import receive_count, retry_later
from tests.builders import sqs_record
from tests.fakes import FakeSqs

QUEUE = "https://sqs.example/queue"


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
