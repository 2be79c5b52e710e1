"""Resumes, on a schedule, requests with open steps: a service was down, or Payments was killed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from aws_lambda_powertools.utilities.typing import LambdaContext

from payments.downstreams import services
from payments.progress import ToldOrders
from payments.service import Payments
from runtime.logs import correlated, logger
from runtime.settings import Settings


class ResumeSettings(Settings):
    """`step_deadline_seconds`: after that a request's open steps have failed."""

    orders_table: str
    mark_retention_days: int
    relay_age_seconds: float
    step_deadline_seconds: float


@cache
def settings() -> ResumeSettings:
    return ResumeSettings.from_environment()


def payments() -> Payments:
    return Payments(
        ToldOrders(settings().orders_table, settings().mark_retention_days),
        services(),
        lambda: datetime.now(UTC),
        relay_age=timedelta(seconds=settings().relay_age_seconds),
        give_up_after=timedelta(seconds=settings().step_deadline_seconds),
        resuming=_resuming,
    )


@contextmanager
def _resuming(request_id: UUID) -> Iterator[None]:
    with correlated(request_id):
        try:
            yield
        except Exception as error:
            logger.warning("not resumed", exc_info=error)
            raise


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Answers how many requests were due, and how many of them have no open step any more."""
    due, ended = payments().resume_due(lambda: context.get_remaining_time_in_millis() / 1000)
    if due:
        logger.info("requests resumed", extra={"due": due, "ended": ended})
    return {"due": due, "ended": ended}
