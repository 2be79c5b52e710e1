"""The sweep: fails, on a schedule, the steps that nobody reported within the deadline."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from payment_requests import service
from payment_requests.progress import tell
from payment_requests.wiring import transaction
from runtime.logs import logger
from runtime.settings import Settings


class SweepSettings(Settings):
    """`step_deadline_seconds`: longer than all attempts of a message take together."""

    step_deadline_seconds: float


@cache
def settings() -> SweepSettings:
    return SweepSettings.from_environment()


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Answers how many requests had overdue steps."""
    now = datetime.now(UTC)
    accepted_before = now - timedelta(seconds=settings().step_deadline_seconds)
    failed = 0
    for change in service.sweep(accepted_before, now, transaction()):
        tell(change)
        failed += 1
    if failed:
        logger.warning("requests overdue", extra={"failed": failed})
    return {"failed": failed}
