"""The confirmation of a payment, and what can become of it."""

from calendar import month_name
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Literal, Self
from uuid import UUID

from contracts.base import Contract, Identifier, Money, Period
from contracts.events import Event, RequestData
from contracts.internal import Confirmation
from runtime.errors import Unavailable


class AddressRefused(Exception):
    """The customer's e-mail address takes no mail; repeating it would change nothing."""

    def __init__(self) -> None:
        super().__init__("the customer's e-mail address was refused")


class NotSent(Unavailable):
    """The mail was not sent; repeating it is safe."""


class BeingSent(Unavailable):
    """Another call is sending this request's mail, or ended without telling what came of it."""


class Progress(StrEnum):
    """How far a request's mail is, once it is claimed."""

    CLAIMED = "claimed"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Claim:
    """One call's claim to send the mail of a request; `id` tells it from other calls' claims."""

    id: UUID
    request_id: UUID
    customer_id: str
    period: str


class Payer(Contract):
    name: str
    email: str


class PaidPremium(RequestData):
    customer_id: Identifier
    policy_id: Identifier
    amount: Money
    period: Period
    payer: Payer

    @property
    def confirmation(self) -> Confirmation:
        return Confirmation(
            customer_id=self.customer_id,
            name=self.payer.name,
            email=self.payer.email,
            policy_id=self.policy_id,
            amount=self.amount,
            period=self.period,
        )


class ConfirmationDue(Event):
    """Communication's view of the event that a premium is paid, whichever the channel publishes:
    no more than it uses.
    """

    type: Literal["payment.accepted.v1", "confirmation.due.v1"]
    data: PaidPremium


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail's texts: the same words as plain text and as HTML."""

    subject: str
    text: str
    html: str

    @classmethod
    def confirming(cls, confirmation: Confirmation) -> Self:
        year, month = confirmation.period.split("-")
        period = f"{month_name[int(month)]} {year}"
        amount = f"{confirmation.amount.value:,.2f} {confirmation.amount.currency}"
        subject = f"Your payment for {period}"
        paragraphs = [
            f"Dear {confirmation.name},",
            f"thank you: the premium of your policy {confirmation.policy_id} for {period},"
            f" {amount}, is paid.",
            "There is nothing you need to do.",
        ]
        return cls(subject, _text(paragraphs), _html(subject, paragraphs))


def _text(paragraphs: list[str]) -> str:
    return "\n\n".join(paragraphs) + "\n"


def _html(title: str, paragraphs: list[str]) -> str:
    lines = [f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            f'<head><meta charset="utf-8"><title>{escape(title)}</title></head>',
            "<body>",
            *lines,
            "</body>",
            "</html>\n",
        ]
    )
