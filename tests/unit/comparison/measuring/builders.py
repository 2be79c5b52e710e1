"""Payments and answers to them."""

from datetime import UTC, datetime, timedelta

from comparison.measuring.workload import Sent
from local.paying.payments_api import Answer, PaymentsApi
from local.paying.premiums import Premium

_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Api(PaymentsApi):
    """Gives these answers to questions, and no others."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)

    def poll(self, accepted: Answer, customer_id: str) -> Answer:
        return self._answers.pop(0)


def sent(premium: Premium, answer: Answer) -> Sent:
    return Sent(premium, _AT, 10.0, answer)


def accepted() -> Answer:
    return Answer(202, {"status": "accepted", "steps": []})


def completed(payment: Sent, *seconds: float) -> Answer:
    """So many services were done so long after the request."""
    steps = [{"at": (payment.at + timedelta(seconds=each)).isoformat()} for each in seconds]
    return Answer(200, {"status": "completed", "steps": steps})
