"""A queue as a source of messages."""

import random
from collections.abc import Sequence
from itertools import batched
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from contracts.base import Contract
from contracts.events import RequestData
from runtime import aws
from runtime.logs import logger

_BATCH = 10  # entries in one call, https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
_MAX_BACKOFF_SECONDS = 900


def retry_later(
    queue_url: str,
    records: Sequence[dict[str, Any]],
    base_delay_seconds: float,
    *,
    at_once: Sequence[dict[str, Any]] = (),
) -> None:
    """Makes failed messages visible again after a back-off with jitter, sooner than the queue's
    visibility timeout would. Where that fails, the visibility timeout still holds.

    Those of a FIFO queue's group come back together, when the first of them is due. `at_once`:
    those that failed for the last time. SQS moves them to the dead-letter queue when it would hand
    them over once more, and until then they would hold up their groups.
    """
    delays: dict[str, int] = {}
    for record in records:
        delays.setdefault(group(record), _backoff(receive_count(record), base_delay_seconds))
    seconds = [(record, delays[group(record)]) for record in records]
    seconds += [(record, 0) for record in at_once]
    for batch in batched(seconds, _BATCH):
        try:
            answer = aws.sqs().change_message_visibility_batch(
                QueueUrl=queue_url,
                Entries=[
                    {
                        "Id": record["messageId"],
                        "ReceiptHandle": record["receiptHandle"],
                        "VisibilityTimeout": delay,
                    }
                    for record, delay in batch
                ],
            )
            failed = {entry["Id"]: entry["Code"] for entry in answer.get("Failed", [])}
        except (BotoCoreError, ClientError) as error:
            failed = {record["messageId"]: type(error).__name__ for record, _ in batch}
        for record, _ in batch:
            if error_code := failed.get(record["messageId"]):
                logger.warning("visibility unchanged", extra={"error": error_code, **about(record)})


class _Told(Contract):
    data: RequestData


def request_id(record: dict[str, Any]) -> UUID | None:
    """Of the payment request that the message tells of, whatever else is wrong with it."""
    try:
        return _Told.model_validate_json(record["body"]).data.request_id
    except ValidationError:
        return None


def about(record: dict[str, Any]) -> dict[str, Any]:
    """Which message a log line is about."""
    id = request_id(record)
    return {
        "message_id": record["messageId"],
        "receive_count": receive_count(record),
        "correlation_id": str(id) if id else None,
    }


def receive_count(record: dict[str, Any]) -> int:
    """How often SQS has delivered this message, this time included."""
    return int(record["attributes"]["ApproximateReceiveCount"])


def is_fifo(record: dict[str, Any]) -> bool:
    arn: str = record["eventSourceARN"]
    return arn.endswith(".fifo")


def group(record: dict[str, Any]) -> str:
    """What comes back together: the group of a FIFO queue's message, or the message alone."""
    name: str = record["attributes"]["MessageGroupId"] if is_fifo(record) else record["messageId"]
    return name


def _backoff(receives: int, base_delay_seconds: float) -> int:
    delay = min(base_delay_seconds * 2 ** (receives - 1), _MAX_BACKOFF_SECONDS)
    return round(random.uniform(delay / 2, delay))
