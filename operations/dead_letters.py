"""The queues of a stack that hold what was given up, and how each is sent again."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from time import sleep
from typing import Any, override
from uuid import uuid4

from operations.errors import Failed
from operations.stack import Stack

_LOOK_EVERY_S = 0.5
_IN_HAND_S = 600
"""For so long nobody else receives what is being published again."""


@dataclass(frozen=True)
class DeadLetters(ABC):
    stack: Stack
    name: str
    """The queue's logical id."""

    @property
    def url(self) -> str:
        return self.stack.resources[self.name].id

    @property
    def sqs(self) -> Any:
        return self.stack.place.client("sqs")

    @property
    @abstractmethod
    def way(self) -> str:
        """How its messages are sent again."""

    @abstractmethod
    def redrive(self) -> int:
        """Sends its messages again; how many, or `Failed` when some stay."""


class OfQueue(DeadLetters):
    """What a consumer has failed on in every attempt."""

    @property
    @override
    def way(self) -> str:
        return f"back to {self.name.replace('DeadLetter', '')}"

    @override
    def redrive(self) -> int:
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        source = answer["Attributes"]["QueueArn"]
        self.sqs.start_message_move_task(SourceArn=source)
        while (task := self._latest_task(source))["Status"] in ("RUNNING", "CANCELLING"):
            sleep(_LOOK_EVERY_S)
        moved = int(task.get("ApproximateNumberOfMessagesMoved", 0))
        if task["Status"] != "COMPLETED":
            reason = task.get("FailureReason", task["Status"].lower())
            raise Failed(f"{self.name}: {moved} sent again, and then: {reason}")
        return moved

    def _latest_task(self, source: str) -> dict[str, Any]:
        (task,) = self.sqs.list_message_move_tasks(SourceArn=source, MaxResults=1)["Results"]
        return dict(task)


class OfChannel(DeadLetters):
    """What the topic or the bus could not deliver to a queue. SQS can move it nowhere, as it came
    from no queue.
    """

    @property
    @override
    def way(self) -> str:
        return "published again, to all subscribers"

    @override
    def redrive(self) -> int:
        published = 0
        refused: dict[str, str] = {}
        in_hand: set[str] = set()
        try:
            while messages := self._receive():
                in_hand.update(message["ReceiptHandle"] for message in messages)
                for message in messages:
                    try:
                        self._publish(message["Body"])
                    except Failed as reason:
                        refused[message["MessageId"]] = str(reason)
                        continue
                    handle = message["ReceiptHandle"]
                    self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=handle)
                    in_hand.remove(handle)
                    published += 1
        finally:
            for handle in in_hand:
                self.sqs.change_message_visibility(
                    QueueUrl=self.url, ReceiptHandle=handle, VisibilityTimeout=0
                )
        if refused:
            lines = [f"    {message}: {reason}" for message, reason in refused.items()]
            raise Failed("\n".join([f"{self.name}: {published} sent again, but not", *lines]))
        return published

    def _receive(self) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_IN_HAND_S,
            WaitTimeSeconds=1,
        )
        return list(answer.get("Messages", ()))

    def _publish(self, body: str) -> None:
        try:
            event = json.loads(body)
            if "detail-type" in event:
                self._put_event(event)
            else:
                self._publish_to_topic(event, body)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Failed(f"is no event of ours ({type(error).__name__}: {error})") from error

    def _put_event(self, event: dict[str, Any]) -> None:
        """As it came to the bus, before any rule's input path or transformer."""
        entry = {
            "EventBusName": self._output("EventBusArn"),
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
        }
        (answer,) = self.stack.place.client("events").put_events(Entries=[entry])["Entries"]
        if "ErrorCode" in answer:
            raise Failed(f"{answer['ErrorCode']}: {answer.get('ErrorMessage', '')}")

    def _publish_to_topic(self, event: dict[str, Any], body: str) -> None:
        is_report = event["type"].startswith("step.reported.")
        topic = self._output("OutcomesTopic" if is_report else "PaymentsTopic")
        # With the id of the event SNS would drop what it had seen within five minutes.
        fifo = {
            "MessageGroupId": event.get("partitionkey") or event["id"],
            "MessageDeduplicationId": str(uuid4()),
        }
        self.stack.place.client("sns").publish(
            TopicArn=topic,
            Message=body,
            MessageAttributes={"type": {"DataType": "String", "StringValue": event["type"]}},
            **(fifo if topic.endswith(".fifo") else {}),
        )

    def _output(self, name: str) -> str:
        try:
            return self.stack.outputs[name]
        except KeyError:
            raise Failed(f"{self.stack.name} has another channel now, without {name}") from None


def dead_letters(stack: Stack) -> Iterator[DeadLetters]:
    """Of every queue, and of the channel."""
    for name in sorted(stack.of_type("AWS::SQS::Queue")):
        if name.endswith("DeadLetterQueue"):
            yield OfQueue(stack, name)
        elif name.startswith("Undelivered"):
            yield OfChannel(stack, name)
