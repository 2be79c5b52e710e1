"""Queues, topics and event buses as destinations of events."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contracts.events import Event
from runtime import aws
from runtime.publishers import BusPublisher, Publisher, QueuePublisher, TopicPublisher, publisher
from tests.builders import payment_accepted
from tests.fakes import FakeSqs
from tests.lines import parsed

QUEUE = "https://sqs.example/queue"
TOPIC = "arn:aws:sns:us-east-1:000000000000:payments"
BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default"


class Destination:
    """SQS, SNS or EventBridge in memory; it answers as each of them does."""

    def __init__(self) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self.refuses: Callable[[str], bool] = lambda entry: False
        self.is_down = False

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        return self._batch(Entries)

    def publish_batch(
        self, *, TopicArn: str, PublishBatchRequestEntries: list[dict[str, Any]]
    ) -> dict[str, Any]:
        return self._batch(PublishBatchRequestEntries)

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        refused = self._refused(Entries)
        answers = [{"ErrorCode": "Refused"} if bad else {"EventId": "1"} for bad in refused]
        return {"FailedEntryCount": sum(refused), "Entries": answers}

    def _batch(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        for entry, bad in zip(entries, self._refused(entries), strict=True):
            answer.setdefault("Failed" if bad else "Successful", []).append(
                {"Id": entry["Id"], "Code": "Refused"}
            )
        return answer

    def _refused(self, entries: list[dict[str, Any]]) -> list[bool]:
        if self.is_down:
            raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "Publish")
        self.batches.append(entries)
        return [self.refuses(str(entry)) for entry in entries]


@pytest.fixture
def destination(monkeypatch: pytest.MonkeyPatch) -> Destination:
    fake = Destination()
    for client in ("sqs", "sns", "events"):
        monkeypatch.setattr(aws, client, lambda: fake)
    return fake


each_publisher = pytest.mark.parametrize(
    "publisher",
    [QueuePublisher(QUEUE), TopicPublisher(TOPIC), BusPublisher(BUS, "stack")],
    ids=["queue", "topic", "bus"],
)


@each_publisher
def test_events_are_sent_in_batches_of_ten(publisher: Publisher, destination: Destination) -> None:
    events = [payment_accepted() for _ in range(23)]

    assert publisher.publish(events) == [event.id for event in events]
    assert [len(batch) for batch in destination.batches] == [10, 10, 3]


@each_publisher
def test_a_refused_event_is_missing_from_the_answer_and_logged(
    publisher: Publisher, destination: Destination, log: io.StringIO
) -> None:
    good, refused, other = (payment_accepted() for _ in range(3))
    destination.refuses = lambda entry: str(refused.id) in entry

    assert publisher.publish([good, refused, other]) == [good.id, other.id]
    assert '"code":"Refused"' in log.getvalue()
    assert str(refused.id) in log.getvalue()


@each_publisher
def test_a_destination_that_is_down_publishes_nothing_and_raises_nothing(
    publisher: Publisher, destination: Destination, log: io.StringIO
) -> None:
    destination.is_down = True

    assert publisher.publish([payment_accepted() for _ in range(12)]) == []
    assert "nothing published" in log.getvalue()


@each_publisher
def test_without_events_nobody_is_called(publisher: Publisher, destination: Destination) -> None:
    assert publisher.publish([]) == []
    assert not destination.batches


def sent(destination: Destination, publisher: Publisher, event: Event) -> dict[str, Any]:
    publisher.publish([event])
    ((entry,),) = destination.batches
    return entry


def test_a_queue_gets_the_envelope(destination: Destination) -> None:
    event = payment_accepted()

    entry = sent(destination, QueuePublisher(QUEUE), event)

    assert json.loads(entry["MessageBody"]) == json.loads(event.model_dump_json())


def test_a_topic_gets_the_envelope_and_its_type_to_filter_by(destination: Destination) -> None:
    event = payment_accepted()

    entry = sent(destination, TopicPublisher(TOPIC), event)

    assert json.loads(entry["Message"]) == json.loads(event.model_dump_json())
    assert entry["MessageAttributes"]["type"]["StringValue"] == "payment.accepted.v1"
    assert "MessageGroupId" not in entry


def test_a_fifo_topic_keeps_the_order_of_a_policy_and_drops_duplicates(
    destination: Destination,
) -> None:
    event = payment_accepted().model_copy(update={"partitionkey": "P-1"})

    entry = sent(destination, TopicPublisher(f"{TOPIC}.fifo"), event)

    assert (entry["MessageGroupId"], entry["MessageDeduplicationId"]) == ("P-1", str(event.id))


def test_a_bus_gets_the_envelope_as_detail_and_a_source_of_this_stack(
    destination: Destination,
) -> None:
    event = payment_accepted()

    entry = sent(destination, BusPublisher(BUS, "stack"), event)

    assert json.loads(entry["Detail"]) == json.loads(event.model_dump_json())
    assert (entry["Source"], entry["DetailType"]) == ("stack.customer", "payment.accepted.v1")
    assert (entry["EventBusName"], entry["Time"]) == (BUS, event.time)


@pytest.mark.parametrize(
    ("destination", "kind"),
    [
        (QUEUE, QueuePublisher),
        ("http://127.0.0.1:4566/queue", QueuePublisher),
        (TOPIC, TopicPublisher),
        ("arn:aws-cn:sns:cn-north-1:000000000000:payments.fifo", TopicPublisher),
        (BUS, BusPublisher),
    ],
)
def test_the_destination_says_which_service_it_is(
    environment: pytest.MonkeyPatch, destination: str, kind: type
) -> None:
    environment.setenv("EVENT_NAMESPACE", "stack")

    assert isinstance(publisher(destination), kind)


@pytest.mark.parametrize("destination", ["", "payments", "arn:aws:lambda:us-east-1:0:function:f"])
def test_another_destination_is_refused_by_name(destination: str) -> None:
    with pytest.raises(ValueError, match="neither a queue's URL nor the ARN"):
        publisher(destination)


def test_the_log_counts_what_was_published(sqs: FakeSqs, log: io.StringIO) -> None:
    refused = payment_accepted()
    sqs.refuses = lambda body: str(refused.id) in body

    QueuePublisher(QUEUE).publish([payment_accepted(), refused, payment_accepted()])

    told = [line for line in parsed(log.getvalue()) if line["message"] == "events published"]
    assert sum(line["count"] for line in told) == 2
