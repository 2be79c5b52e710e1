"""Communication's queue: payments to confirm, over what is in memory."""

import io
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from communication import consumer
from communication.model import AddressRefused, Claim, Mail, NotSent
from contracts.api import StepStatus
from contracts.events import StepOutcome, StepReported
from runtime.errors import Unavailable
from tests.builders import NOW, LambdaContext, confirmation, published, sqs_event, sqs_record
from tests.fakes import FakeSqs, MemoryMailer, MemorySent

OUTCOMES = "https://sqs.example/outcomes"
SETTINGS = consumer.CommunicationSettings.model_validate(
    {
        "QUEUE_URL": "https://sqs.example/communication",
        "MAX_RECEIVE_COUNT": 5,
        "RETRY_DELAY_SECONDS": 30,
        "OUTCOMES_DESTINATION": OUTCOMES,
        "CONFIRMATIONS_TABLE": "confirmations",
        "SENDER": "no-reply@insurance.example",
        "MARK_RETENTION_DAYS": 90,
    }
)


class Communication:
    """The function with its data in memory."""

    def __init__(self, sqs: FakeSqs) -> None:
        self.sent = MemorySent()
        self.mailer = MemoryMailer()
        self._sqs = sqs

    def take(self, *requests: UUID, kind: str = "payment.accepted.v1") -> int:
        """How many of the messages come again."""
        return self.take_bodies(*(published(kind, id).model_dump_json() for id in requests))

    def take_bodies(self, *bodies: str) -> int:
        event = sqs_event(*map(sqs_record, bodies))
        answer = consumer.handler(event, LambdaContext())  # type: ignore[arg-type]
        return len(answer["batchItemFailures"])

    @property
    def reports(self) -> list[StepOutcome]:
        bodies = self._sqs.bodies(OUTCOMES)
        return [StepReported.model_validate_json(body).data for body in bodies]


@pytest.fixture
def communication(sqs: FakeSqs, monkeypatch: pytest.MonkeyPatch) -> Communication:
    function = Communication(sqs)
    monkeypatch.setattr(consumer, "wiring", lambda: (SETTINGS, function.sent, function.mailer))
    return function


@pytest.mark.parametrize("kind", ["payment.accepted.v1", "confirmation.due.v1"])
def test_a_paid_premium_is_confirmed_to_the_payer(communication: Communication, kind: str) -> None:
    assert communication.take(uuid4(), kind=kind) == 0

    assert communication.mailer.sent == [("ada@example.com", Mail.confirming(confirmation()))]
    (report,) = communication.reports
    assert (report.service, report.status) == ("communication", StepStatus.DONE)


def test_a_message_that_comes_again_sends_no_second_mail(communication: Communication) -> None:
    request_id = uuid4()
    communication.take(request_id)
    communication.take(request_id)

    assert len(communication.mailer.sent) == 1
    assert [report.status for report in communication.reports] == [StepStatus.DONE] * 2


def test_a_refused_address_fails_the_step_and_nobody_tries_again(
    communication: Communication, log: io.StringIO
) -> None:
    request_id = uuid4()
    communication.mailer.failure = AddressRefused()

    assert communication.take(request_id) == communication.take(request_id) == 0
    assert [(report.status, report.detail) for report in communication.reports] == [
        (StepStatus.FAILED, "the customer's e-mail address was refused")
    ] * 2


@pytest.mark.parametrize("failure", [NotSent("SES: Throttling"), Unavailable("SES: time-out")])
def test_while_ses_does_not_take_mails_the_message_comes_again(
    communication: Communication, log: io.StringIO, failure: Exception
) -> None:
    communication.mailer.failure = failure

    assert communication.take(uuid4()) == 1
    assert [report.status for report in communication.reports] == [StepStatus.RETRYING]


def test_while_another_attempt_may_be_sending_the_message_comes_again(
    communication: Communication, log: io.StringIO
) -> None:
    request_id = uuid4()
    communication.sent.claim(Claim(uuid4(), request_id, "C-1", "2026-11"), NOW)

    assert communication.take(request_id) == 1
    assert communication.mailer.sent == []
    assert [report.status for report in communication.reports] == [StepStatus.RETRYING]


def test_one_message_that_fails_comes_again_alone(
    communication: Communication, log: io.StringIO
) -> None:
    good = [published().model_dump_json() for _ in range(2)]

    assert communication.take_bodies(good[0], "{", good[1]) == 1
    assert len(communication.mailer.sent) == 2


def test_no_log_holds_personal_data(communication: Communication, log: io.StringIO) -> None:
    event = json.loads(published().model_dump_json())
    broken: list[Any] = [
        event | {"type": "payment.accepted.v2"},
        event | {"data": event["data"] | {"period": "Lovelace"}},
        event | {"data": event["data"] | {"payer": {"name": "Ada Lovelace"}}},
        event | {"data": event["data"] | {"payer": "ada@example.com"}},
    ]
    communication.take_bodies(*map(json.dumps, broken), json.dumps(event)[:-3])
    for failure in (AddressRefused(), NotSent(), None):
        communication.mailer.failure = failure
        communication.take(uuid4())

    assert "a message failed" in log.getvalue()
    assert "a step failed" in log.getvalue()
    for personal in ("Ada", "Lovelace", "example.com"):
        assert personal not in log.getvalue()
