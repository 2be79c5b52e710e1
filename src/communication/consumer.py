"""Communication's queue in the publish/subscribe pattern: payments to confirm."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from communication import service
from communication.mailer import SesMailer
from communication.model import AddressRefused, ConfirmationDue
from communication.sent import SentTable
from communication.wiring import SendingSettings, sending
from runtime.consumer import StepSettings, consume_steps
from runtime.errors import StepFailed
from runtime.logs import logger


class CommunicationSettings(SendingSettings, StepSettings):
    """Those of sending, and those of a step."""


@cache
def wiring() -> tuple[CommunicationSettings, SentTable, SesMailer]:
    settings = CommunicationSettings.from_environment()
    return settings, *sending(settings)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings, sent, mailer = wiring()

    def work(message: ConfirmationDue) -> None:
        paid, now = message.data, datetime.now(UTC)
        try:
            service.confirm(paid.request_id, paid.confirmation, now, sent=sent, mailer=mailer)
        except AddressRefused as refusal:
            raise StepFailed(str(refusal)) from refusal

    return consume_steps(event, context, "communication", ConfirmationDue, work, settings)
