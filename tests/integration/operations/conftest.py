"""Queues, topics and buses as a stack has them, without the rest of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from operations.place import Place
from operations.stack import Resource, Stack
from tests.eventually import eventually

type Json = dict[str, Any]

RAW = {"RawMessageDelivery": "true"}


@dataclass
class Made:
    """What a test has made, under names of its own; everything goes with the cloud."""

    cloud: Cloud
    name: str = field(default_factory=lambda: f"operated-{uuid4()}")
    outputs: dict[str, str] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)

    @property
    def stack(self) -> Stack:
        place = Place.local(self.cloud)
        return Stack(self.name, place, "CREATE_COMPLETE", self.outputs, {}, self.resources)

    def queue(self, name: str, **attributes: str) -> str:
        """Its ARN."""
        sqs = self.cloud.client("sqs")
        fifo = ".fifo" if "FifoQueue" in attributes else ""
        url = sqs.create_queue(QueueName=f"{self.name}-{name}{fifo}", Attributes=attributes)
        self.resources[name] = Resource("AWS::SQS::Queue", url["QueueUrl"])
        answer = sqs.get_queue_attributes(QueueUrl=url["QueueUrl"], AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def topic(self, name: str, **attributes: str) -> str:
        fifo = ".fifo" if "FifoTopic" in attributes else ""
        sns = self.cloud.client("sns")
        arn = sns.create_topic(Name=f"{self.name}-{name}{fifo}", Attributes=attributes)["TopicArn"]
        self.outputs[name] = arn
        return str(arn)

    def subscribe(self, topic: str, queue: str, dead_letters: str | None = None) -> None:
        redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_letters})}
        attributes = RAW | (redrive if dead_letters else {})
        sns = self.cloud.client("sns")
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=attributes)

    def bus(self) -> str:
        bus = self.cloud.client("events").create_event_bus(Name=self.name)["EventBusArn"]
        self.outputs["EventBusArn"] = bus
        return str(bus)

    def rule(self, name: str, queue: str, dead_letters: str | None = None) -> None:
        """On the bus: hands the details of payments to the queue."""
        events = self.cloud.client("events")
        pattern = {"source": ["stack.payments"], "detail-type": [{"prefix": "payment."}]}
        where = {"Rule": name, "EventBusName": self.name}
        events.put_rule(Name=name, EventBusName=self.name, EventPattern=json.dumps(pattern))
        target = {"Id": name, "Arn": queue, "InputPath": "$.detail"}
        target |= {"DeadLetterConfig": {"Arn": dead_letters}} if dead_letters else {}
        events.put_targets(**where, Targets=[target])

    def send(self, queue: str, *bodies: str) -> None:
        for body in bodies:
            self.cloud.client("sqs").send_message(
                QueueUrl=self.resources[queue].id, MessageBody=body
            )

    def wait_for(self, queue: str, count: int) -> list[Json]:
        """So many messages of the queue, in the order in which they come."""
        sqs, url = self.cloud.client("sqs"), self.resources[queue].id
        found: list[Json] = []

        def all_of_them() -> bool:
            answer = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            for message in answer.get("Messages", ()):
                found.append(message)
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return len(found) >= count

        eventually(all_of_them, f"{count} messages are in {queue}")
        return found

    def wait_until_there(self, queue: str, count: int) -> None:
        """Until so many messages are in the queue, where they stay."""
        sqs, url = self.cloud.client("sqs"), self.resources[queue].id
        name = "ApproximateNumberOfMessages"

        def are_there() -> bool:
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
            return int(answer["Attributes"][name]) == count

        eventually(are_there, f"{count} messages are in {queue}")


@pytest.fixture
def made(cloud: Cloud) -> Iterator[Made]:
    made = Made(cloud)
    yield made
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    for resource in made.resources.values():
        sqs.delete_queue(QueueUrl=resource.id)
    for name, arn in made.outputs.items():
        if name.endswith("Topic"):
            sns.delete_topic(TopicArn=arn)
