"""Events over SNS and EventBridge themselves, each into a queue."""

import io
import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from contracts.events import Event, PaymentAccepted
from local.cloud import Cloud
from runtime.publishers import BusPublisher, TopicPublisher
from tests.builders import payment_accepted
from tests.eventually import eventually


@pytest.fixture
def queue(aws_clients: Cloud) -> Iterator[tuple[str, str]]:
    """URL and ARN."""
    sqs = aws_clients.client("sqs")
    url = sqs.create_queue(QueueName=f"test-{uuid4()}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    yield url, attributes["QueueArn"]
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def topic(aws_clients: Cloud, queue: tuple[str, str]) -> Iterator[str]:
    sns = aws_clients.client("sns")
    arn = sns.create_topic(Name=f"test-{uuid4()}")["TopicArn"]
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue[1], Attributes=raw)
    yield arn
    sns.delete_topic(TopicArn=arn)


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
    found: list[Event] = []

    def all_of_them() -> bool:
        answer = cloud.client("sqs").receive_message(QueueUrl=queue[0], MaxNumberOfMessages=10)
        bodies = [message["Body"] for message in answer.get("Messages", [])]
        found.extend(PaymentAccepted.model_validate_json(body) for body in bodies)
        return len(found) >= count

    eventually(all_of_them, f"{count} events arrive")
    return sorted(found, key=lambda event: event.id)


def sent() -> list[PaymentAccepted]:
    return sorted((payment_accepted() for _ in range(12)), key=lambda event: event.id)


def test_a_subscribed_queue_gets_what_a_topic_was_sent(
    aws_clients: Cloud, topic: str, queue: tuple[str, str]
) -> None:
    events = sent()

    assert TopicPublisher(topic).publish(events) == [event.id for event in events]
    assert received(aws_clients, queue, 12) == events


def test_a_rule_hands_on_what_a_bus_was_sent(
    aws_clients: Cloud, bus: str, queue: tuple[str, str]
) -> None:
    events = sent()

    assert BusPublisher(bus, "stack").publish(events) == [event.id for event in events]
    assert received(aws_clients, queue, 12) == events


def test_nothing_is_published_to_a_topic_that_does_not_exist(
    aws_clients: Cloud, topic: str, log: io.StringIO
) -> None:
    assert TopicPublisher(f"{topic}-missing").publish(sent()) == []
    assert "nothing published" in log.getvalue()
