"""A step of Sales, given batches of messages as its function is."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from contracts.events import PaymentAccepted, StepReported
from runtime.consumer import StepSettings, consume_steps
from tests.builders import LambdaContext, payment_accepted, sqs_event, sqs_record
from tests.fakes import FakeSqs

QUEUE = "https://sqs.example/sales"
OUTCOMES = "https://sqs.example/outcomes"
MAX_RECEIVE_COUNT = 5
SETTINGS = StepSettings.model_validate(
    {
        "QUEUE_URL": QUEUE,
        "MAX_RECEIVE_COUNT": MAX_RECEIVE_COUNT,
        "RETRY_DELAY_SECONDS": 4,
        "OUTCOMES_DESTINATION": OUTCOMES,
    }
)


class Work:
    """Notes what it is given, and fails for the requests in `fails`."""

    def __init__(self, *fails: UUID, error: Exception | None = None) -> None:
        self.fails = fails
        self.seen: list[UUID] = []
        self._error = error or RuntimeError("the store does not answer")

    def __call__(self, message: PaymentAccepted) -> None:
        self.seen.append(message.data.request_id)
        if message.data.request_id in self.fails:
            raise self._error


class Clock(LambdaContext):
    """An invocation whose time passes as a test says."""

    def spend(self, milliseconds: int) -> None:
        self._milliseconds -= milliseconds


def record(
    request_id: UUID | None = None, *, receives: int = 1, group: str | None = None
) -> dict[str, Any]:
    body = payment_accepted(request_id).model_dump_json()
    return sqs_record(body, receives=receives, group=group)


def failures(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def reports(sqs: FakeSqs) -> list[StepReported]:
    return [StepReported.model_validate_json(body) for body in sqs.bodies(OUTCOMES)]


def step(
    work: Callable[[PaymentAccepted], None],
    *records: dict[str, Any],
    context: LambdaContext | None = None,
) -> list[str]:
    """The messages that the step asks for again."""
    event, context = sqs_event(*records), context or LambdaContext()
    answer = consume_steps(event, context, "sales", PaymentAccepted, work, SETTINGS)  # type: ignore[arg-type]
    return failures(answer)
