"""Events and back-offs over SQS itself."""

import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import PaymentAccepted
from local.cloud import Cloud
from runtime.publishers import QueuePublisher
from runtime.queues import retry_later
from tests.builders import payment_accepted
from tests.eventually import eventually

HOUR = 3600


@pytest.fixture
def queue(aws_clients: Cloud) -> Iterator[str]:
    sqs = aws_clients.client("sqs")
    attributes = {"VisibilityTimeout": str(HOUR)}
    url = sqs.create_queue(QueueName=f"test-{uuid4()}", Attributes=attributes)["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def receive(cloud: Cloud, queue: str) -> list[dict[str, Any]]:
    """What is visible now, as Lambda hands it over."""
    answer = cloud.client("sqs").receive_message(
        QueueUrl=queue,
        MaxNumberOfMessages=10,
        MessageSystemAttributeNames=["ApproximateReceiveCount"],
    )
    return [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:queue",
        }
        for message in answer.get("Messages", [])
    ]


def receive_all(cloud: Cloud, queue: str, count: int) -> list[dict[str, Any]]:
    received: list[dict[str, Any]] = []

    def all_of_them() -> bool:
        received.extend(receive(cloud, queue))
        return len(received) >= count

    eventually(all_of_them, f"{count} messages arrive")
    return received


def test_more_events_than_one_call_takes_arrive_once_each(aws_clients: Cloud, queue: str) -> None:
    events = [payment_accepted() for _ in range(25)]

    assert QueuePublisher(queue).publish(events) == [event.id for event in events]

    received = [
        PaymentAccepted.model_validate_json(record["body"])
        for record in receive_all(aws_clients, queue, 25)
    ]
    assert sorted(received, key=_id) == sorted(events, key=_id)
    assert receive(aws_clients, queue) == []


def _id(event: PaymentAccepted) -> UUID:
    return event.id


def test_nothing_is_published_to_a_queue_that_does_not_exist(
    aws_clients: Cloud, queue: str, log: io.StringIO
) -> None:
    missing = queue.replace("test-", "missing-")

    assert QueuePublisher(missing).publish([payment_accepted() for _ in range(12)]) == []
    assert "nothing published" in log.getvalue()


def test_a_failed_message_comes_back_long_before_the_visibility_timeout(
    aws_clients: Cloud, queue: str
) -> None:
    events = [payment_accepted() for _ in range(12)]
    QueuePublisher(queue).publish(events)
    received = receive_all(aws_clients, queue, 12)
    failed, good = received[:11], received[11]

    retry_later(queue, failed, base_delay_seconds=1)

    again = receive_all(aws_clients, queue, 11)
    assert {record["messageId"] for record in again} == {r["messageId"] for r in failed}
    assert {record["attributes"]["ApproximateReceiveCount"] for record in again} == {"2"}
    assert good["messageId"] not in {record["messageId"] for record in again}


def test_a_message_that_is_in_the_queue_no_more_is_no_error(
    aws_clients: Cloud, queue: str, log: io.StringIO
) -> None:
    QueuePublisher(queue).publish([payment_accepted()])
    (record,) = receive_all(aws_clients, queue, 1)
    aws_clients.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=record["receiptHandle"])

    retry_later(queue, [record], base_delay_seconds=1)
    retry_later(queue.replace("test-", "missing-"), [record], base_delay_seconds=1)
    assert "visibility unchanged" in log.getvalue()
