"""The queue way in: a batch of messages, of which some may fail while the others do not.

A message that fails comes back after a back-off, and after the queue's maxReceiveCount it goes to
the dead-letter queue. The answers are partial batch responses:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html

A message that there is no time for is not begun, which costs it a receive all the same. So what was
received most often is begun first.

In a FIFO queue a message that fails, or is not begun, holds up its group: those behind it are not
begun, and come back together with it. They are received as often as it is, so once it has failed
for the last time the group goes on in the same batch: else they would follow it to the dead-letter
queue untried. They do where the time ends first. None of them is received more often, as SQS hands
over a group in order.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from contracts.api import StepStatus
from contracts.events import (
    Event,
    ReportedStatus,
    StepOutcome,
    StepReported,
    event_id,
)
from runtime.errors import StepFailed
from runtime.logs import correlated, logger
from runtime.publishers import publisher
from runtime.queues import about, group, is_fifo, receive_count, request_id, retry_later
from runtime.settings import Settings

type Record = dict[str, Any]

RESERVE_MILLISECONDS = 20_000
"""What must be left for a message to be begun: its work may hang, for 7 s where it is the
database's, and then the report and the change of visibility, 6 s each. A function that is killed
reports nothing, and its whole batch comes back.
"""

_MOST_DETAIL = 500


class QueueSettings(Settings):
    """The queue that a function consumes."""

    queue_url: str
    max_receive_count: int
    retry_delay_seconds: float

    def is_last(self, record: Record) -> bool:
        """Whether the message goes to the dead-letter queue when it fails this time."""
        return receive_count(record) >= self.max_receive_count


class StepSettings(QueueSettings):
    """A queue whose messages are steps of requests; their owner hears of the outcomes."""

    outcomes_destination: str


class OutOfTime(Exception):
    """The invocation is about to end; the message was not begun."""


def consume[Message: Event](
    event: dict[str, Any],
    context: LambdaContext,
    message: type[Message],
    work: Callable[[Message], None],
    settings: QueueSettings,
) -> dict[str, Any]:
    """Does the work for each message of the batch."""

    def handle(record: Record) -> None:
        work(message.model_validate_json(record["body"]))

    records = event["Records"]
    return _answer(records, _failed(records, context, handle, settings), settings)


def consume_steps[Message: Event](
    event: dict[str, Any],
    context: LambdaContext,
    service: str,
    message: type[Message],
    work: Callable[[Message], None],
    settings: StepSettings,
) -> dict[str, Any]:
    """Does the work for each message and reports each outcome to the owner of the request.

    Work that raises StepFailed is reported as failed, and its message is done. Work that is done
    but could not be reported counts as failed: the message comes again, finds its work done, and
    repeats the report.
    """
    records = event["Records"]
    reports: dict[str, StepReported] = {}

    def handle(record: Record) -> None:
        received = message.model_validate_json(record["body"])
        status: ReportedStatus = (
            StepStatus.FAILED if settings.is_last(record) else StepStatus.RETRYING
        )
        detail: str | None = f"attempt {receive_count(record)} failed"
        try:
            work(received)
            status, detail = StepStatus.DONE, None
        except StepFailed as error:
            logger.warning("a step failed", exc_info=error, extra=about(record))
            status, detail = StepStatus.FAILED, str(error)[:_MOST_DETAIL]
        finally:
            outcome = StepOutcome(
                request_id=received.data.request_id,
                service=service,
                status=status,
                at=datetime.now(UTC),
                detail=detail,
            )
            reports[record["messageId"]] = _report(outcome, record)

    failed = _failed(records, context, handle, settings)
    published = publisher(settings.outcomes_destination).publish(list(reports.values()))
    unreported = {id for id, report in reports.items() if report.id not in published}
    return _answer(records, failed | unreported, settings)


def _failed(
    records: list[Record],
    context: LambdaContext,
    handle: Callable[[Record], None],
    settings: QueueSettings,
) -> set[str]:
    """The ids of the messages that failed or were not begun."""
    done: set[str] = set()

    def begin(record: SQSRecord) -> None:
        message: Record = record.raw_event
        with correlated(request_id(message)):
            if context.get_remaining_time_in_millis() < RESERVE_MILLISECONDS:
                logger.warning("a message was not begun", extra=about(message))
                raise OutOfTime(f"less than {RESERVE_MILLISECONDS} ms are left")
            logger.info("a message is begun", extra=about(message))
            try:
                handle(message)
            except Exception as error:
                logger.warning("a message failed", exc_info=error, extra=about(message))
                if not settings.is_last(message):
                    raise  # and a FIFO queue's processor skips the rest of its group
            else:
                done.add(record.message_id)

    with _processor(records)(_most_received_first(records), begin) as processor:
        processor.process()
    return {record["messageId"] for record in records} - done


def _most_received_first(records: list[Record]) -> list[Record]:
    """The groups of a FIFO queue by their first messages, each in its order."""
    receives: dict[str, int] = {}
    for record in records:
        receives.setdefault(group(record), receive_count(record))
    return sorted(records, key=lambda record: receives[group(record)], reverse=True)


def _processor(records: list[Record]) -> BatchProcessor:
    if any(is_fifo(record) for record in records):
        processor: BatchProcessor = SqsFifoPartialProcessor(skip_group_on_error=True)
    else:
        processor = BatchProcessor(EventType.SQS)
    processor.raise_on_entire_batch_failure = False
    return processor


def _answer(records: list[Record], failed: set[str], settings: QueueSettings) -> dict[str, Any]:
    again = [record for record in records if record["messageId"] in failed]
    last = [record for record in again if settings.is_last(record)]
    later = [record for record in again if record not in last]
    retry_later(settings.queue_url, later, settings.retry_delay_seconds, at_once=last)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in again]}


def _report(outcome: StepOutcome, record: Record) -> StepReported:
    """That the work is done is the same fact whenever it is said. Any other report is of one
    attempt, which SQS counts anew for a message that is redriven, and gives another id then:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html.
    """
    name = f"{outcome.service}.{outcome.status}"
    if outcome.status is not StepStatus.DONE:
        name += f".{record['messageId']}.{receive_count(record)}"
    return StepReported(
        id=event_id(outcome.request_id, name),
        source=outcome.service,
        time=outcome.at,
        partitionkey=str(outcome.request_id),
        data=outcome,
    )
