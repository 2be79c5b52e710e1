"""What both ways in to Communication need: its settings, and what it sends and remembers with."""

from datetime import timedelta

from communication.mailer import SesMailer
from communication.sent import LEASE, SentTable
from runtime.settings import Settings


class SendingSettings(Settings):
    """`sender`: the address that mails come from, which SES must have verified.
    `confirmation_lease_seconds`: how long a call that sends keeps others from it.
    """

    confirmations_table: str
    sender: str
    mark_retention_days: int
    confirmation_lease_seconds: float = LEASE.total_seconds()


def sending(settings: SendingSettings) -> tuple[SentTable, SesMailer]:
    lease = timedelta(seconds=settings.confirmation_lease_seconds)
    sent = SentTable(settings.confirmations_table, settings.mark_retention_days, lease)
    return sent, SesMailer(settings.sender)
