"""Where events go: to a queue, a topic or an event bus, whichever a destination is."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import batched
from typing import TYPE_CHECKING, Any
from uuid import UUID

from contracts.events import Event
from runtime import aws
from runtime.errors import Unavailable
from runtime.logs import logger
from runtime.settings import Settings

if TYPE_CHECKING:
    from types_boto3_sns.type_defs import PublishBatchRequestEntryTypeDef

_BATCH = 10
"""Entries that a call of SQS, SNS or EventBridge takes."""


class Publisher(ABC):
    """Sends events in batches, of which some entries may be refused while others are not."""

    def publish(self, events: Sequence[Event]) -> list[UUID]:
        """The ids of the events that were accepted; a refused one is logged and missing."""
        accepted = [event for batch in batched(events, _BATCH) for event in self._sent(batch)]
        for request_id, count in Counter(event.data.request_id for event in accepted).items():
            logger.info("events published", extra={"count": count, **_about(request_id)})
        return [event.id for event in accepted]

    def _sent(self, batch: Sequence[Event]) -> list[Event]:
        try:
            with aws.answering("destination"):
                refused = self._send(batch)
        except Unavailable as error:
            for request_id in dict.fromkeys(event.data.request_id for event in batch):
                about = {"reason": str(error), **_about(request_id)}
                logger.warning("nothing published", extra=about)
            return []
        for index, code in refused.items():
            event = batch[index]
            about = {"event_id": event.id, "code": code, **_about(event.data.request_id)}
            logger.warning("event refused", extra=about)
        return [event for index, event in enumerate(batch) if index not in refused]

    @abstractmethod
    def _send(self, batch: Sequence[Event]) -> dict[int, str]:
        """The places in the batch, and the error codes, of the entries that were refused."""


class QueuePublisher(Publisher):
    def __init__(self, queue_url: str) -> None:
        self._queue_url = queue_url

    def _send(self, batch: Sequence[Event]) -> dict[int, str]:
        answer = aws.sqs().send_message_batch(
            QueueUrl=self._queue_url,
            Entries=[
                {"Id": str(index), "MessageBody": event.model_dump_json()}
                for index, event in enumerate(batch)
            ],
        )
        return {int(entry["Id"]): entry["Code"] for entry in answer.get("Failed", [])}


class TopicPublisher(Publisher):
    """In a FIFO topic, events of one partition key stay in the order in which SNS took them, and
    SNS drops an event that comes again within five minutes:
    https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html.
    """

    def __init__(self, topic_arn: str) -> None:
        self._topic_arn = topic_arn

    def _send(self, batch: Sequence[Event]) -> dict[int, str]:
        answer = aws.sns().publish_batch(
            TopicArn=self._topic_arn,
            PublishBatchRequestEntries=[
                self._entry(index, event) for index, event in enumerate(batch)
            ],
        )
        return {int(entry["Id"]): entry["Code"] for entry in answer.get("Failed", [])}

    def _entry(self, index: int, event: Event) -> "PublishBatchRequestEntryTypeDef":
        entry: PublishBatchRequestEntryTypeDef = {
            "Id": str(index),
            "Message": event.model_dump_json(),
            "MessageAttributes": {"type": {"DataType": "String", "StringValue": event.type}},
        }
        if self._topic_arn.endswith(".fifo"):
            entry["MessageGroupId"] = event.partitionkey or str(event.id)
            entry["MessageDeduplicationId"] = str(event.id)
        return entry


class BusPublisher(Publisher):
    """`namespace` goes before an event's source: on a bus that stacks share, rules tell them apart
    by it.
    """

    def __init__(self, bus_arn: str, namespace: str) -> None:
        self._bus_arn = bus_arn
        self._namespace = namespace

    def _send(self, batch: Sequence[Event]) -> dict[int, str]:
        answer = aws.events().put_events(
            Entries=[
                {
                    "EventBusName": self._bus_arn,
                    "Source": f"{self._namespace}.{event.source}",
                    "DetailType": event.type,
                    "Detail": event.model_dump_json(),
                    "Time": event.time,
                }
                for event in batch
            ],
        )
        return {
            index: entry["ErrorCode"]
            for index, entry in enumerate(answer["Entries"])
            if "ErrorCode" in entry
        }


def _about(request_id: UUID) -> dict[str, Any]:
    """The events of a batch may be of several requests."""
    return {"correlation_id": str(request_id)}


class _BusSettings(Settings):
    event_namespace: str


@cache
def publisher(destination: str) -> Publisher:
    """To a queue by its URL, to a topic or an event bus by its ARN."""
    match destination.split(":"):
        case ["http" | "https", *_]:
            return QueuePublisher(destination)
        case ["arn", _, "sns", *_]:
            return TopicPublisher(destination)
        case ["arn", _, "events", *_]:
            return BusPublisher(destination, _BusSettings.from_environment().event_namespace)
    raise ValueError(
        f"{destination!r} is neither a queue's URL nor the ARN of a topic or an event bus"
    )
