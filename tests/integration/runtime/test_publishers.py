"""Events over SNS and EventBridge themselves, each into a queue."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from contracts.events import Event, PaymentAccepted
from local.cloud import Cloud
from runtime.publishers import BusPublisher, TopicPublisher
from tests.builders import payment_accepted, published
from tests.eventually import eventually


@contextmanager
def made_queue(cloud: Cloud, name: str, **attributes: str) -> Iterator[tuple[str, str]]:
    """URL and ARN."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    known = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    yield url, known["QueueArn"]
    sqs.delete_queue(QueueUrl=url)


@contextmanager
def made_topic(cloud: Cloud, queue: tuple[str, str], name: str, **attributes: str) -> Iterator[str]:
    """The ARN of a topic to which the queue is subscribed."""
    sns = cloud.client("sns")
    arn = sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue[1], Attributes=raw)
    yield arn
    sns.delete_topic(TopicArn=arn)


@pytest.fixture
def queue(aws_clients: Cloud) -> Iterator[tuple[str, str]]:
    with made_queue(aws_clients, f"test-{uuid4()}") as queue:
        yield queue


@pytest.fixture
def topic(aws_clients: Cloud, queue: tuple[str, str]) -> Iterator[str]:
    with made_topic(aws_clients, queue, f"test-{uuid4()}") as topic:
        yield topic


@pytest.fixture
def bus(aws_clients: Cloud, queue: tuple[str, str]) -> Iterator[str]:
    """A bus whose one rule hands the details of a stack's payments to the queue."""
    events, name = aws_clients.client("events"), f"test-{uuid4()}"
    arn = events.create_event_bus(Name=name)["EventBusArn"]
    pattern = {"source": ["stack.customer"], "detail-type": [{"prefix": "payment.accepted.v"}]}
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": queue[1], "InputPath": "$.detail"}
    events.put_targets(Rule=name, EventBusName=name, Targets=[target])
    yield arn
    events.remove_targets(Rule=name, EventBusName=name, Ids=["queue"])
    events.delete_rule(Name=name, EventBusName=name)
    events.delete_event_bus(Name=name)


def received(cloud: Cloud, queue: tuple[str, str], count: int) -> list[Event]:
    """The events, as they come."""
    sqs = cloud.client("sqs")
    found: list[Event] = []

    def all_of_them() -> bool:
        answer = sqs.receive_message(QueueUrl=queue[0], MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            found.append(PaymentAccepted.model_validate_json(message["Body"]))
            sqs.delete_message(QueueUrl=queue[0], ReceiptHandle=message["ReceiptHandle"])
        return len(found) >= count

    eventually(all_of_them, f"{count} events arrive")
    return found


def by_id(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: event.id)


def sent() -> list[Event]:
    return by_id([payment_accepted() for _ in range(12)])


def test_a_subscribed_queue_gets_what_a_topic_was_sent(
    aws_clients: Cloud, topic: str, queue: tuple[str, str]
) -> None:
    events = sent()

    assert TopicPublisher(topic).publish(events) == [event.id for event in events]
    assert by_id(received(aws_clients, queue, 12)) == events


def test_a_rule_hands_on_what_a_bus_was_sent(
    aws_clients: Cloud, bus: str, queue: tuple[str, str]
) -> None:
    events = sent()

    assert BusPublisher(bus, "stack").publish(events) == [event.id for event in events]
    assert by_id(received(aws_clients, queue, 12)) == events


def test_a_fifo_queue_on_a_fifo_topic_gets_an_event_once_that_is_published_twice_within_minutes(
    aws_clients: Cloud,
) -> None:
    name, first, second, last = f"test-{uuid4()}.fifo", published(), published(), published()
    with (
        made_queue(aws_clients, name, FifoQueue="true") as queue,
        made_topic(aws_clients, queue, name, FifoTopic="true") as topic,
    ):
        for events in ([first, second], [second, first], [last]):
            assert TopicPublisher(topic).publish(events) == [event.id for event in events]

        assert received(aws_clients, queue, 3) == [first, second, last]


def test_nothing_is_published_to_a_topic_that_does_not_exist(
    aws_clients: Cloud, topic: str, log: io.StringIO
) -> None:
    assert TopicPublisher(f"{topic}-missing").publish(sent()) == []
    assert "nothing published" in log.getvalue()
