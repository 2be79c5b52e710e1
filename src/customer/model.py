"""Policies and the payments of their premiums."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.events import Event, PaymentDetails


class RequestUsed(Exception):
    """The request id named another payment before."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One line of the ledger; there is one for each policy and period at most."""

    details: PaymentDetails
    paid_at: datetime


class PaymentTaken(Event):
    """Customer's view of the event that a premium is paid, whichever the channel publishes."""

    type: Literal["payment.accepted.v1", "payment.taken.v1"]
    data: PaymentDetails
