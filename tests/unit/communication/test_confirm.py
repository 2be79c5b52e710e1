"""Use case: a customer gets the confirmation of a payment, once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from communication.model import AddressRefused, BeingSent, Mail, NotSent
from communication.service import confirm, overview
from runtime.errors import Unavailable
from tests.builders import NOW, confirmation
from tests.fakes import MemoryMailer, MemorySent

REQUEST = UUID(int=1)


class Communication:
    """The service with its data in memory."""

    def __init__(self) -> None:
        self.sent = MemorySent()
        self.mailer = MemoryMailer()

    def confirm(self, request_id: UUID = REQUEST, now: datetime = NOW, **changes: Any) -> None:
        confirm(request_id, confirmation(**changes), now, sent=self.sent, mailer=self.mailer)


@pytest.fixture
def communication() -> Communication:
    return Communication()


def test_the_customer_gets_the_confirmation(communication: Communication) -> None:
    communication.confirm()

    assert communication.mailer.sent == [("ada@example.com", Mail.confirming(confirmation()))]


def test_a_repetition_sends_nothing(communication: Communication) -> None:
    communication.confirm()
    communication.confirm()

    assert len(communication.mailer.sent) == 1


def test_each_request_is_confirmed_for_itself(communication: Communication) -> None:
    communication.confirm(uuid4())
    communication.confirm(uuid4())

    assert len(communication.mailer.sent) == 2


def test_while_one_call_sends_another_does_not(communication: Communication) -> None:
    class Slow(MemoryMailer):
        def send(self, recipient: str, mail: Mail) -> None:
            with pytest.raises(BeingSent):
                communication.confirm()
            super().send(recipient, mail)

    communication.mailer = Slow()
    communication.confirm()

    assert len(communication.mailer.sent) == 1


def test_a_refused_address_stays_refused(communication: Communication) -> None:
    communication.mailer.failure = AddressRefused()
    with pytest.raises(AddressRefused):
        communication.confirm()
    communication.mailer.failure = None

    with pytest.raises(AddressRefused, match="address was refused"):
        communication.confirm()
    assert communication.mailer.sent == []


def test_what_was_not_sent_is_sent_when_it_is_repeated(communication: Communication) -> None:
    communication.mailer.failure = NotSent()
    with pytest.raises(NotSent):
        communication.confirm()
    communication.mailer.failure = None

    communication.confirm()
    assert len(communication.mailer.sent) == 1


def test_what_may_be_sent_is_not_sent_again_while_the_claim_holds(
    communication: Communication,
) -> None:
    communication.mailer.failure = Unavailable()
    with pytest.raises(Unavailable):
        communication.confirm()
    communication.mailer.failure = None

    with pytest.raises(BeingSent):
        communication.confirm()
    assert communication.mailer.sent == []


def test_where_the_note_of_a_sent_mail_fails_the_claim_holds(communication: Communication) -> None:
    communication.sent.is_down = True
    with pytest.raises(Unavailable):
        communication.confirm()
    communication.sent.is_down = False

    with pytest.raises(BeingSent):
        communication.confirm()
    assert len(communication.mailer.sent) == 1


def test_the_latest_twelve_confirmations_are_told(communication: Communication) -> None:
    requests = [uuid4() for _ in range(13)]
    for number, request in enumerate(requests):
        communication.confirm(request, NOW + timedelta(minutes=number), period="2026-10")

    latest = overview("C-1", communication.sent).confirmations
    assert [sent.request_id for sent in latest] == requests[:0:-1]
    assert (latest[0].period, latest[0].sent_at) == ("2026-10", NOW + timedelta(minutes=12))


def test_of_a_customer_without_confirmations_none_are_told(communication: Communication) -> None:
    communication.mailer.failure = AddressRefused()
    with pytest.raises(AddressRefused):
        communication.confirm()

    assert overview("C-1", communication.sent).confirmations == []
