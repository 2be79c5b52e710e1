"""SES that is throttled, hangs, answers rubbish or is not there; DynamoDB that is not there."""

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from runtime import aws
from tests.builders import confirmation
from tests.integration.communication.conftest import Mails, call
from tests.tcp import Trap

_SENT = (
    '<SendEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendEmailResult>'
    "<MessageId>message</MessageId></SendEmailResult></SendEmailResponse>"
)

pytestmark = pytest.mark.usefixtures("communication", "log")


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address that refuses connections."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def at(endpoint: str, service: str = "SES") -> Iterator[None]:
    """The function calls the service there."""
    client = {"SES": aws.ses, "DYNAMODB": aws.dynamodb}[service]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(f"AWS_ENDPOINT_URL_{service}", endpoint)
        client.cache_clear()
        try:
            yield
        finally:
            client().close()
            client.cache_clear()


@contextmanager
def answering(status: int, body: str, *, after_seconds: float = 0) -> Iterator[list[str]]:
    """An SES that gives this answer; the requests that it got."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            time.sleep(after_seconds)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        try:
            with at(f"http://127.0.0.1:{server.server_port}"):
                yield requests
        finally:
            server.shutdown()


def error(code: str, message: str = "") -> str:
    return (
        '<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{message}</Message></Error>"
        "<RequestId>request</RequestId></ErrorResponse>"
    )


def put(request_id: object, customer: str) -> int:
    body = confirmation(customerId=customer).model_dump(mode="json")
    status, _ = call("PUT", f"/confirmations/{request_id}", body)
    return status


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "Throttling"), (400, "AccountSendingPausedException"), (403, "AccessDenied")],
)
def test_what_ses_turned_away_is_sent_by_the_next_call(
    customer: str, mails: Mails, status: int, code: str
) -> None:
    request_id = uuid4()
    with answering(status, error(code, "Maximum sending rate exceeded.")) as requests:
        assert put(request_id, customer) == 503
    assert len(requests) == 1

    assert put(request_id, customer) == 204
    assert len(mails()) == 1


def test_where_ses_refuses_connections_the_mail_is_sent_by_the_next_call(
    customer: str, mails: Mails, nowhere: str
) -> None:
    request_id = uuid4()
    with at(nowhere):
        assert put(request_id, customer) == 503

    assert put(request_id, customer) == 204
    assert len(mails()) == 1


def test_an_address_that_ses_rejects_stays_refused(customer: str, mails: Mails) -> None:
    request_id = uuid4()
    with answering(400, error("MessageRejected", "Address blacklisted.")):
        assert put(request_id, customer) == 422

    assert put(request_id, customer) == 422
    assert mails() == []


def test_an_answer_that_ses_takes_three_seconds_for_is_waited_for(customer: str) -> None:
    request_id = uuid4()
    with answering(200, _SENT, after_seconds=3) as requests:
        assert put(request_id, customer) == 204

    assert len(requests) == 1
    assert put(request_id, customer) == 204


def test_where_ses_does_not_answer_the_mail_is_not_sent_twice(customer: str, mails: Mails) -> None:
    request_id = uuid4()
    connections: list[int] = []
    with Trap(lambda: connections.append(1)).running() as trap, at(f"http://127.0.0.1:{trap.port}"):
        assert put(request_id, customer) == 503

    assert len(connections) == 1
    assert put(request_id, customer) == 503
    assert mails() == []


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, error("InternalFailure")), (503, error("ServiceUnavailable")), (200, "rubbish")],
    ids=str,
)
def test_where_ses_may_have_sent_the_mail_it_is_not_sent_twice(
    customer: str, mails: Mails, status: int, body: str
) -> None:
    request_id = uuid4()
    with answering(status, body) as requests:
        assert put(request_id, customer) == 503

    assert len(requests) == 1
    assert put(request_id, customer) == 503
    assert mails() == []


def test_while_the_table_is_down_nothing_is_sent(customer: str, mails: Mails, nowhere: str) -> None:
    request_id = uuid4()
    with at(nowhere, "DYNAMODB"):
        assert put(request_id, customer) == 503
        assert call("GET", f"/customers/{customer}")[0] == 503
    assert mails() == []

    assert put(request_id, customer) == 204


def test_no_log_line_quotes_what_ses_says_of_an_address(customer: str, log: io.StringIO) -> None:
    message = "Email address is not verified. The following identities failed: ada@example.com"
    for status, code in ((400, "MessageRejected"), (400, "Throttling"), (500, "InternalFailure")):
        with answering(status, error(code, message)):
            put(uuid4(), customer)

    assert "SES: Throttling" in log.getvalue()
    assert "ada@example.com" not in log.getvalue()
