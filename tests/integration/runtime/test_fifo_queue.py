"""A consumer of a FIFO queue of SQS itself."""

import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import PaymentAccepted
from local.cloud import Cloud
from runtime.consumer import QueueSettings, consume
from tests.builders import LambdaContext, payment_accepted
from tests.eventually import eventually


class FifoQueue:
    """A queue with its dead-letter queue; `deliver` does what an event source mapping does."""

    def __init__(self, cloud: Cloud) -> None:
        self._sqs, name = cloud.client("sqs"), f"test-{uuid4()}"
        self.dead_letters, arn = self._create(f"{name}-dead.fifo")
        redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": 3}
        self.url, self._arn = self._create(f"{name}.fifo", RedrivePolicy=json.dumps(redrive))

    def send(self, group: str, body: str) -> None:
        self._sqs.send_message(
            QueueUrl=self.url,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=str(uuid4()),
        )

    def receive(self, url: str) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "eventSourceARN": self._arn,
            }
            for message in answer.get("Messages", [])
        ]

    def delete(self, record: dict[str, Any]) -> None:
        self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=record["receiptHandle"])

    def remove(self) -> None:
        for url in (self.url, self.dead_letters):
            self._sqs.delete_queue(QueueUrl=url)

    def _create(self, name: str, **attributes: str) -> tuple[str, str]:
        attributes |= {"FifoQueue": "true", "VisibilityTimeout": "3600"}
        url = self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        known = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, known["Attributes"]["QueueArn"]


@pytest.fixture
def queue(aws_clients: Cloud) -> Iterator[FifoQueue]:
    queue = FifoQueue(aws_clients)
    yield queue
    queue.remove()


def test_a_poison_message_is_dead_lettered_alone_and_its_group_is_done_in_order(
    queue: FifoQueue, log: io.StringIO
) -> None:
    first, second, other = (payment_accepted() for _ in range(3))
    poison = "not JSON"
    queue.send("a", first.model_dump_json())
    queue.send("a", poison)
    queue.send("a", second.model_dump_json())
    queue.send("b", other.model_dump_json())
    settings = QueueSettings(QUEUE_URL=queue.url, MAX_RECEIVE_COUNT=3, RETRY_DELAY_SECONDS=0)
    done: list[UUID] = []
    dead: list[str] = []

    def work(message: PaymentAccepted) -> None:
        done.append(message.id)

    def deliver() -> bool:
        if records := queue.receive(queue.url):
            answer = consume({"Records": records}, LambdaContext(), PaymentAccepted, work, settings)  # type: ignore[arg-type]
            again = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
            for record in records:
                if record["messageId"] not in again:
                    queue.delete(record)
        dead.extend(record["body"] for record in queue.receive(queue.dead_letters))
        return bool(dead)

    eventually(deliver, "the poison is in the dead-letter queue")

    assert dead == [poison]
    assert [id for id in done if id != other.id] == [first.id, second.id]
    assert done.index(other.id) < done.index(second.id)
