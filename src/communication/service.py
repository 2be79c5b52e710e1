"""Use cases: a customer gets the confirmation of a payment, and which were sent."""

from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from communication.model import AddressRefused, Claim, Mail, NotSent, Progress
from contracts.internal import Confirmation, ConfirmationsView, SentConfirmation

_LATEST = 12


class Sent(Protocol):
    """What was sent, and what is being sent."""

    def claim(self, claim: Claim, now: datetime) -> Progress:
        """Claims the request's mail unless it is sent or refused already.

        A claim ends by itself, after longer than any call may take. Raises BeingSent where
        another call's claim holds.
        """

    def settle(self, claim: Claim, progress: Progress, at: datetime) -> None:
        """Remembers that the mail was sent or refused."""

    def release(self, claim: Claim) -> None:
        """Gives the claim up: nothing was sent."""

    def latest(self, customer_id: str, limit: int) -> list[SentConfirmation]:
        """The latest first."""


class Mailer(Protocol):
    def send(self, recipient: str, mail: Mail) -> None:
        """Raises AddressRefused, NotSent, or Unavailable where it may be sent."""


def confirm(
    request_id: UUID, confirmation: Confirmation, now: datetime, *, sent: Sent, mailer: Mailer
) -> None:
    """Sends the confirmation once per request, also when called twice or at the same time.

    Between the mailer's acceptance and the note of it lies no transaction: where the call ends
    there, or the mailer's answer is lost, the claim stays until it ends by itself, and the mail is
    sent again by the next call after that (at least once).

    Raises AddressRefused, also when repeated, or Unavailable: then it is to be called again.
    """
    claim = Claim(uuid4(), request_id, confirmation.customer_id, confirmation.period)
    match sent.claim(claim, now):
        case Progress.SENT:
            return
        case Progress.REFUSED:
            raise AddressRefused
    try:
        mailer.send(confirmation.email, Mail.confirming(confirmation))
    except AddressRefused:
        sent.settle(claim, Progress.REFUSED, now)
        raise
    except NotSent:
        sent.release(claim)
        raise
    sent.settle(claim, Progress.SENT, now)


def overview(customer_id: str, sent: Sent) -> ConfirmationsView:
    return ConfirmationsView(confirmations=sent.latest(customer_id, _LATEST))
