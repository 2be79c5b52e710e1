"""Communication's queue in the publish/subscribe pattern: payments to confirm."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from communication import service
from communication.mailer import SesMailer
from communication.model import AddressRefused, ConfirmationDue
from communication.sent import LEASE, SentTable
from runtime.consumer import StepSettings, consume_steps
from runtime.errors import StepFailed
from runtime.logs import logger


class CommunicationSettings(StepSettings):
    """`sender`: the address that mails come from, which SES must have verified.
    `confirmation_lease_seconds`: how long a call that sends keeps others from it.
    """

    confirmations_table: str
    sender: str
    mark_retention_days: int
    confirmation_lease_seconds: float = LEASE.total_seconds()


@cache
def wiring() -> tuple[CommunicationSettings, SentTable, SesMailer]:
    settings = CommunicationSettings.from_environment()
    lease = timedelta(seconds=settings.confirmation_lease_seconds)
    sent = SentTable(settings.confirmations_table, settings.mark_retention_days, lease)
    return settings, sent, SesMailer(settings.sender)


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
