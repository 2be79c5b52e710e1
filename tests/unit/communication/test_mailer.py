"""What SES is told, and what its errors mean."""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from communication.mailer import SesMailer
from communication.model import AddressRefused, Mail, NotSent
from runtime import aws
from runtime.errors import Unavailable
from tests.fakes import FakeSes

SENDER = "no-reply@insurance.example"
RECIPIENT = "ada@example.com"
MAIL = Mail("Grüße", "text", "<p>html</p>")
URL = "https://email.us-east-1.amazonaws.com"
NOT_VERIFIED = (
    "Email address is not verified. The following identities failed the check in region US-EAST-1: "
)


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> FakeSes:
    fake = FakeSes()
    monkeypatch.setattr(aws, "ses", lambda: fake)
    return fake


def send(ses: FakeSes, failure: Exception | None = None) -> None:
    ses.failure = failure
    SesMailer(SENDER).send(RECIPIENT, MAIL)


def error(code: str, message: str = "", status: int = 400) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "SendEmail")  # type: ignore[arg-type]


def test_the_mail_has_a_text_and_an_html_part(ses: FakeSes) -> None:
    send(ses)

    assert ses.sent == [
        {
            "Source": SENDER,
            "Destination": {"ToAddresses": [RECIPIENT]},
            "Message": {
                "Subject": {"Data": "Grüße", "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": "text", "Charset": "UTF-8"},
                    "Html": {"Data": "<p>html</p>", "Charset": "UTF-8"},
                },
            },
        }
    ]


@pytest.mark.parametrize(
    "failure",
    [
        error("InvalidParameterValue", "Missing final '@domain'"),
        error("InvalidParameterValue", "Local address contains control or whitespace"),
        error("MessageRejected", "Address blacklisted."),
        error("MessageRejected", NOT_VERIFIED + RECIPIENT),
    ],
    ids=str,
)
def test_an_address_may_be_refused(ses: FakeSes, failure: Exception) -> None:
    with pytest.raises(AddressRefused):
        send(ses, failure)


@pytest.mark.parametrize(
    "failure",
    [
        error("Throttling", "Maximum sending rate exceeded."),
        error("Throttling", "Daily message quota exceeded."),
        error("AccountSendingPausedException"),
        error("AccessDenied", status=403),
        error("MessageRejected", NOT_VERIFIED + SENDER),
        error("InvalidParameterValue", f"Domain of <{SENDER}> is not valid"),
        error("MessageRejected", "Sending paused for this account."),
        EndpointConnectionError(endpoint_url=URL),
        ConnectTimeoutError(endpoint_url=URL),
    ],
    ids=str,
)
def test_what_passes_or_is_ours_to_repair_is_not_held_against_the_address(
    ses: FakeSes, failure: Exception
) -> None:
    with pytest.raises(NotSent):
        send(ses, failure)


@pytest.mark.parametrize(
    "failure",
    [
        ReadTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
        error("InternalFailure", status=500),
        error("ServiceUnavailable", status=503),
    ],
    ids=str,
)
def test_after_a_lost_answer_the_mail_may_be_sent(ses: FakeSes, failure: Exception) -> None:
    with pytest.raises(Unavailable) as unknown:
        send(ses, failure)
    assert not isinstance(unknown.value, NotSent)


@pytest.mark.parametrize("code", ["MessageRejected", "Throttling", "InternalFailure"])
def test_what_is_raised_names_no_address_not_even_in_a_traceback(ses: FakeSes, code: str) -> None:
    with pytest.raises((AddressRefused, Unavailable)) as raised:
        send(ses, error(code, NOT_VERIFIED + RECIPIENT))

    assert RECIPIENT not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
