"""Communication's internal API over DynamoDB and SES."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from communication import internal_api
from communication.mailer import SesMailer
from communication.model import Mail
from communication.sent import SentTable
from communication.service import confirm
from local.cloud import Cloud
from tests.builders import confirmation
from tests.integration.communication.conftest import Mails, call

# LocalStack's SES, as SES itself, takes it for two addresses, of which one has no domain.
REFUSED = "ada,lovelace@example.com"

pytestmark = pytest.mark.usefixtures("communication")


def put(request_id: object, customer: str, **changes: Any) -> tuple[int, Any]:
    body = confirmation(customerId=customer, **changes).model_dump(mode="json")
    return call("PUT", f"/internal/communication/confirmations/{request_id}", body)


def test_the_customer_gets_a_mail(customer: str, mails: Mails, sender: str) -> None:
    assert put(uuid4(), customer, name="Ada Grüßlich") == (204, None)

    (mail,) = mails()
    assert mail["Source"] == sender
    assert mail["Destination"]["ToAddresses"] == ["ada@example.com"]
    assert mail["Subject"] == "Your payment for November 2026"
    assert "Dear Ada Grüßlich," in mail["Body"]["text_part"]
    assert "<p>Dear Ada Grüßlich,</p>" in mail["Body"]["html_part"]


def test_a_repetition_sends_no_second_mail(customer: str, mails: Mails) -> None:
    request_id = uuid4()

    assert put(request_id, customer) == put(request_id, customer) == (204, None)
    assert len(mails()) == 1


def test_while_a_mail_is_being_sent_the_same_call_is_to_be_repeated(
    customer: str, mails: Mails, sender: str, sent: SentTable, log: io.StringIO
) -> None:
    request_id = uuid4()

    class Meanwhile(SesMailer):
        def send(self, recipient: str, mail: Mail) -> None:
            status, problem = put(request_id, customer)
            assert (status, problem["status"]) == (503, 503)
            super().send(recipient, mail)

    now, asked = datetime.now(UTC), confirmation(customerId=customer)
    confirm(request_id, asked, now, sent=sent, mailer=Meanwhile(sender))

    assert len(mails()) == 1
    assert put(request_id, customer) == (204, None)
    assert len(mails()) == 1


def test_an_address_that_ses_refuses_stays_refused(customer: str, mails: Mails) -> None:
    request_id = uuid4()

    for address in (REFUSED, "ada@example.com"):
        status, problem = put(request_id, customer, email=address)
        assert (status, problem["status"]) == (422, 422)
        assert problem["detail"] == "the customer's e-mail address was refused"
    assert mails() == []


def test_a_sender_that_is_not_verified_is_not_held_against_the_address(
    customer: str,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    mails: Mails,
    sender: str,
    log: io.StringIO,
) -> None:
    request_id = uuid4()
    monkeypatch.setenv("SENDER", "nobody@insurance.example")
    internal_api.wiring.cache_clear()
    assert put(request_id, customer)[0] == 503
    monkeypatch.setenv("SENDER", sender)
    internal_api.wiring.cache_clear()

    assert put(request_id, customer) == (204, None)
    assert len(mails()) == 1


def test_what_was_sent_is_told(customer: str) -> None:
    request_id, before = uuid4(), datetime.now(UTC)
    put(request_id, customer, period="2026-10")
    put(uuid4(), customer, email=REFUSED)

    status, view = call("GET", f"/customers/{customer}")

    assert status == 200
    (told,) = view["confirmations"]
    assert (told["requestId"], told["period"]) == (str(request_id), "2026-10")
    assert before <= datetime.fromisoformat(told["sentAt"]) <= datetime.now(UTC)


def test_of_an_unknown_customer_nothing_is_told(customer: str) -> None:
    assert call("GET", f"/customers/{customer}") == (200, {"confirmations": []})


@pytest.mark.parametrize("body", [{}, {"email": "ada@example.com"}, "{", None], ids=str)
def test_a_malformed_confirmation_is_refused(body: Any, mails: Mails) -> None:
    assert call("PUT", f"/confirmations/{uuid4()}", body)[0] == 400
    assert mails() == []


def test_neither_a_log_nor_an_item_holds_personal_data(
    customer: str, log: io.StringIO, items: Callable[[], list[dict[str, Any]]]
) -> None:
    put(uuid4(), customer)
    put(uuid4(), customer, email=REFUSED)
    put("malformed", customer)
    logged, stored = log.getvalue(), json.dumps(items())

    assert len(items()) == 2
    for personal in ("Ada", "Lovelace", "lovelace", "example.com"):
        assert personal not in logged
        assert personal not in stored
