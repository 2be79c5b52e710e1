"""A queue as a destination of events and as a source of messages."""

import random
from collections.abc import Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError

from contracts.events import Event
from runtime import aws
from runtime.logs import logger

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef

_BATCH = 10  # entries in one call, https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
_MAX_BACKOFF_SECONDS = 900


class QueuePublisher:
    """Publishes events by sending each to a queue."""

    def __init__(self, queue_url: str) -> None:
        self._queue_url = queue_url

    def publish(self, events: Sequence[Event]) -> list[UUID]:
        """The ids of the events that SQS accepted; a refused one is logged and missing."""
        return [id for batch in batched(events, _BATCH) for id in self._send(batch)]

    def _send(self, events: Sequence[Event]) -> list[UUID]:
        try:
            answer = aws.sqs().send_message_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {"Id": str(index), "MessageBody": event.model_dump_json()}
                    for index, event in enumerate(events)
                ],
            )
        except (BotoCoreError, ClientError) as error:
            logger.warning("queue unavailable", extra={"error": type(error).__name__})
            return []
        _log_refused(answer.get("Failed", []))
        return [events[int(entry["Id"])].id for entry in answer.get("Successful", [])]


def retry_later(
    queue_url: str, records: Sequence[dict[str, Any]], base_delay_seconds: float
) -> None:
    """Makes failed messages visible again after a back-off with jitter, sooner than the queue's
    visibility timeout would. Where that fails, the visibility timeout still holds.
    """
    for batch in batched(records, _BATCH):
        try:
            answer = aws.sqs().change_message_visibility_batch(
                QueueUrl=queue_url,
                Entries=[
                    {
                        "Id": record["messageId"],
                        "ReceiptHandle": record["receiptHandle"],
                        "VisibilityTimeout": _backoff(receive_count(record), base_delay_seconds),
                    }
                    for record in batch
                ],
            )
            _log_refused(answer.get("Failed", []))
        except (BotoCoreError, ClientError) as error:
            logger.warning("visibility unchanged", extra={"error": type(error).__name__})


def receive_count(record: dict[str, Any]) -> int:
    """How often SQS has delivered this message, this time included."""
    return int(record["attributes"]["ApproximateReceiveCount"])


def _backoff(receives: int, base_delay_seconds: float) -> int:
    delay = min(base_delay_seconds * 2 ** (receives - 1), _MAX_BACKOFF_SECONDS)
    return round(random.uniform(delay / 2, delay))


def _log_refused(entries: "Sequence[BatchResultErrorEntryTypeDef]") -> None:
    for entry in entries:
        logger.warning("queue refused an entry", extra={"code": entry["Code"]})
