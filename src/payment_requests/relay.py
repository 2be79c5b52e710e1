"""The outbox relay: publishes, on a schedule, what was committed but not published."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from payment_requests import service
from payment_requests.wiring import transaction
from runtime.logs import logger
from runtime.publishers import publisher
from runtime.settings import Settings


class RelaySettings(Settings):
    """`relay_age_seconds`: how long an event may wait for the function that committed it."""

    destination: str
    relay_age_seconds: float


@cache
def settings() -> RelaySettings:
    return RelaySettings.from_environment()


class NotPublished(Exception):
    """Some events were refused. Raised, so that the function counts as failed, and alarms."""


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Answers how many events were found and published; raises NotPublished for the rest."""
    marked_before = datetime.now(UTC) - timedelta(seconds=settings().relay_age_seconds)
    destination = publisher(settings().destination)
    found, published = service.relay(marked_before, transaction(), destination)
    if found:
        logger.info("outbox relayed", extra={"found": found, "published": published})
    if published < found:
        raise NotPublished(f"{found - published} of {found} events; their marks stand")
    return {"found": found, "published": published}
