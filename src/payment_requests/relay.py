"""The outbox relay: publishes, on a schedule, what was committed but not published."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from payment_requests import aurora, service
from runtime.logs import logger
from runtime.queues import QueuePublisher
from runtime.settings import Settings


class RelaySettings(Settings):
    """`relay_age_seconds`: how long an event may wait for the function that committed it."""

    destination_queue_url: str
    relay_age_seconds: float


@cache
def settings() -> RelaySettings:
    return RelaySettings.from_environment()


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Answers how many events were found and how many of them published."""
    marked_before = datetime.now(UTC) - timedelta(seconds=settings().relay_age_seconds)
    publisher = QueuePublisher(settings().destination_queue_url)
    found, published = service.relay(marked_before, aurora.transaction, publisher)
    if found:
        logger.info("outbox relayed", extra={"found": found, "published": published})
    return {"found": found, "published": published}
