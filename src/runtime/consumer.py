"""The queue way in: a batch of messages, of which some may fail while the others do not.

A message that fails comes back after a back-off, and after the queue's maxReceiveCount it goes to
the dead-letter queue. The answers are partial batch responses:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from contracts.api import StepStatus
from contracts.events import (
    ReportedStatus,
    RequestEvent,
    StepOutcome,
    StepReported,
    event_id,
)
from runtime.logs import logger
from runtime.queues import QueuePublisher, receive_count, retry_later
from runtime.settings import Settings

type Record = dict[str, Any]

# What two calls that hang, one of the work and one of the report, may take at the worst.
_LEAST_MILLISECONDS = 6_000


class QueueSettings(Settings):
    """The queue that a function consumes."""

    queue_url: str
    max_receive_count: int
    retry_delay_seconds: float


class StepSettings(QueueSettings):
    """A queue whose messages are steps of requests; `outcomes_queue_url` is the owner's queue."""

    outcomes_queue_url: str


class OutOfTime(Exception):
    """The invocation is about to end; the message was not begun."""


def consume[Message: RequestEvent](
    event: dict[str, Any],
    context: LambdaContext,
    message: type[Message],
    work: Callable[[Message], None],
    settings: QueueSettings,
) -> dict[str, Any]:
    """Does the work for each message of the batch."""

    def handle(record: Record) -> None:
        work(message.model_validate_json(record["body"]))

    return _answer(_failed(event["Records"], context, handle), settings)


def consume_steps[Message: RequestEvent](
    event: dict[str, Any],
    context: LambdaContext,
    service: str,
    message: type[Message],
    work: Callable[[Message], None],
    settings: StepSettings,
) -> dict[str, Any]:
    """Does the work for each message and reports each outcome to the owner of the request.

    Work that is done but could not be reported counts as failed: the message comes again, finds
    its work done, and repeats the report.
    """
    reports: list[tuple[Record, StepReported]] = []

    def handle(record: Record) -> None:
        received = message.model_validate_json(record["body"])
        is_last = receive_count(record) >= settings.max_receive_count
        status: ReportedStatus = StepStatus.FAILED if is_last else StepStatus.RETRYING
        try:
            work(received)
            status = StepStatus.DONE
        finally:
            reports.append((record, _report(received, service, status, receive_count(record))))

    failed = _failed(event["Records"], context, handle)
    published = QueuePublisher(settings.outcomes_queue_url).publish([r for _, r in reports])
    unreported = [record for record, report in reports if report.id not in published]
    return _answer([*failed, *(r for r in unreported if r not in failed)], settings)


def _failed(
    records: list[Record], context: LambdaContext, handle: Callable[[Record], None]
) -> list[Record]:
    def begin(record: SQSRecord) -> None:
        # A function that is killed reports nothing, and the whole batch comes back.
        if context.get_remaining_time_in_millis() < _LEAST_MILLISECONDS:
            raise OutOfTime(f"less than {_LEAST_MILLISECONDS} ms are left")
        handle(record.raw_event)

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(records, begin):
        processor.process()
    failed = {item["itemIdentifier"] for item in processor.response()["batchItemFailures"]}
    rest = [record for record in records if record["messageId"] in failed]
    for record, (_, error, _) in zip(rest, processor.exceptions, strict=True):
        about = {"message_id": record["messageId"], "receive_count": receive_count(record)}
        logger.warning("a message failed", exc_info=error, extra=about)
    return rest


def _answer(failed: list[Record], settings: QueueSettings) -> dict[str, Any]:
    retry_later(settings.queue_url, failed, settings.retry_delay_seconds)
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in failed]}


def _report(
    received: RequestEvent, service: str, status: ReportedStatus, attempt: int
) -> StepReported:
    request_id = received.data.request_id
    detail = None if status is StepStatus.DONE else f"attempt {attempt} failed"
    now = datetime.now(UTC)
    return StepReported(
        id=event_id(request_id, f"{service}.{status}.{attempt}"),
        source=service,
        time=now,
        data=StepOutcome(
            request_id=request_id, service=service, status=status, at=now, detail=detail
        ),
    )
