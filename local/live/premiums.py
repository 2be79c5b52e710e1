"""Premiums that are payable, one for each time that somebody presses Pay."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import uuid4

from local.paying.premiums import Premium
from local.report import next_period


def endless(paid: Sequence[Premium]) -> Iterator[Premium]:
    """The month after, of each premium that was paid, then the month after that; none of none.

    The last comes first: the first is the example that `make run` prints.
    """
    due = list(reversed(paid))
    while due:
        due = [replace(premium, period=next_period(premium.period)) for premium in due]
        for premium in due:
            yield replace(premium, idempotency_key=str(uuid4()))
