"""What a caller learns of another service, whatever happens on the way."""

import io
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path

import boto3
import botocore.session
import pytest
from botocore.credentials import RefreshableCredentials
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local.fault_proxy import FaultProxy, Handler
from local.localstack_plugin.credentials import Caller
from local.localstack_plugin.signatures import verify
from runtime.errors import NotDone, OutcomeUnknown, Refused
from runtime.rest import problem
from runtime.service_client import ServiceClient, connections
from tests.eventually import eventually
from tests.integration.runtime.conftest import NOTE, PAID, Note, Service, within

type MakeClient = Callable[..., ServiceClient]
type Serve = Callable[[socket.socket], None]

CALLER = Caller("AKIAPAYMENTS", "secret/+", "token==", "000000000000", "AROA:me", "arn:me")


def refusal(status: int = 422, detail: str = "paid already") -> bytes:
    return str(problem(HTTPStatus(status), detail).body).encode()


def answering(text: bytes) -> Serve:
    return lambda connection: connection.sendall(text)


def nothing(connection: socket.socket) -> None:
    """Ends the connection without an answer."""


@contextmanager
def serving(*serves: Serve, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server with one connection for each of these, which refuses any further one."""

    def serve_all() -> None:
        for number, serve in enumerate(serves, 1):
            connection, _ = listener.accept()
            if number == len(serves):
                listener.close()
            with suppress(OSError), connection:
                if tls:
                    connection = tls.wrap_socket(connection, server_side=True)
                with connection:
                    connection.recv(65536)
                    serve(connection)

    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10)
    thread = threading.Thread(target=serve_all, daemon=True)
    thread.start()
    yield f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(timeout=10)


def self_signed(folder: Path, address: str) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate of its own, and the file that holds it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(certificate.public_bytes(pem))
    both = folder / "both.pem"
    both.write_bytes(file.read_bytes() + key.private_bytes(pem, *private))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, file


@contextmanager
def less_than(seconds: float) -> Iterator[None]:
    """The block ends long before it would without the limit under test."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of each back-off, which take no time."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def test_a_contract_is_sent_and_a_contract_is_the_answer(
    client: ServiceClient, service: Service
) -> None:
    assert client.put("/notes/1", NOTE, within(), Note) == PAID
    assert client.get("/notes", within(), Note) == PAID

    put, get = (received.request for received in service.received)
    assert (put.method, get.method) == ("PUT", "GET")
    assert put.url.endswith("/v1/notes/1")
    assert put.headers["content-type"] == "application/json"
    assert json.loads(put.body) == {"noteText": "pay"}
    assert get.body == b""


def test_nothing_is_the_answer_where_none_is_expected(
    client: ServiceClient, service: Service
) -> None:
    service.respond = lambda handler: handler.answer(204, {}, b"")

    client.put("/notes/1", NOTE, within())

    assert len(service.received) == 1


def test_calls_share_a_connection(make_client: MakeClient, service: Service) -> None:
    answers = iter([(200, b'{"noteText":"paid"}'), (204, b""), (422, refusal()), (204, b"")])

    def respond(handler: Handler) -> None:
        status, content = next(answers)
        handler.answer(status, {}, content)

    service.respond = respond
    client = make_client(service.url)

    client.get("/notes", within(), Note)
    client.put("/notes/1", NOTE, within())
    with pytest.raises(Refused):
        client.put("/notes/1", NOTE, within())
    client.put("/notes/1", NOTE, within())

    assert len({received.connection for received in service.received}) == 1


def test_a_connection_that_was_closed_meanwhile_is_replaced(
    client: ServiceClient, proxy: FaultProxy
) -> None:
    client.get("/notes", within(), Note)
    proxy.refuse()
    proxy.reset()

    assert client.put("/notes/1", NOTE, within(), Note) == PAID
    assert proxy.requests == 1


def test_requests_are_signed_with_the_functions_credentials(
    client: ServiceClient, service: Service
) -> None:
    client.put("/notes/1", NOTE, within(), Note)
    client.get("/notes", within(), Note)

    for received in service.received:
        assert verify(received.request, "eu-central-1", {CALLER.access_key: CALLER}.get) == CALLER
        assert "x-amz-security-token" in received.request.headers["authorization"]


def test_requests_are_signed_with_the_credentials_of_the_moment(
    client: ServiceClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = iter(f"AKIA{number}" for number in range(9))

    def fetch() -> dict[str, str]:
        soon = datetime.now(UTC) + timedelta(seconds=1)  # always to be refreshed
        keys = {"access_key": next(names), "secret_key": "secret", "token": "token"}
        return keys | {"expiry_time": soon.isoformat()}

    session = botocore.session.get_session()
    session._credentials = RefreshableCredentials.create_from_metadata(  # type: ignore[attr-defined]
        fetch(), fetch, "test"
    )
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.Session(botocore_session=session))

    client.get("/notes", within(), Note)
    client.get("/notes", within(), Note)

    first, second = (received.request.headers["authorization"] for received in service.received)
    assert "Credential=AKIA1/" in first
    assert "Credential=AKIA2/" in second


def test_a_service_that_refuses_connections_did_nothing(
    client: ServiceClient, proxy: FaultProxy
) -> None:
    proxy.refuse()

    with pytest.raises(NotDone, match="was not reached"):
        client.put("/notes/1", NOTE, within())


def test_a_service_whose_name_is_unknown_did_nothing(make_client: MakeClient) -> None:
    with pytest.raises(NotDone, match="was not reached"):
        make_client("http://service.invalid").put("/notes/1", NOTE, within())


def test_a_service_that_does_not_take_the_connection_did_nothing(make_client: MakeClient) -> None:
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        client = make_client(
            f"http://127.0.0.1:{full.getsockname()[1]}", connect_seconds=0.2, read_seconds=60
        )

        with less_than(30), pytest.raises(NotDone, match="was not reached"):
            client.put("/notes/1", NOTE, within(120))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415])
def test_who_is_turned_away_is_not_heard_and_does_not_ask_again(
    client: ServiceClient, proxy: FaultProxy, status: int
) -> None:
    proxy.answer(status, refusal(status, "not for you"))

    with pytest.raises(NotDone, match=f"answered {status}"):
        client.put("/notes/1", NOTE, within())

    assert proxy.requests == 1


def test_a_throttled_call_is_made_once_more(client: ServiceClient, proxy: FaultProxy) -> None:
    proxy.answer(429, times=1)
    assert client.put("/notes/1", NOTE, within(), Note) == PAID
    assert proxy.requests == 2

    proxy.reset()
    proxy.answer(429)
    with pytest.raises(NotDone, match="answered 429"):
        client.put("/notes/1", NOTE, within())
    assert proxy.requests == 2


def test_a_throttled_call_waits_at_least_as_long_as_it_is_told_to(
    client: ServiceClient, proxy: FaultProxy, waits: list[float]
) -> None:
    proxy.answer(429, headers={"Retry-After": "7"}, times=1)

    assert client.get("/notes", within(60), Note) == PAID

    (waited,) = waits
    assert 7 <= waited <= 7.2


def test_callers_that_fail_at_the_same_time_do_not_come_back_at_the_same_time(
    client: ServiceClient, proxy: FaultProxy, waits: list[float]
) -> None:
    for _ in range(20):
        proxy.fail_once()
        client.get("/notes", within(60), Note)

    assert len(set(waits)) == 20
    assert all(0 <= waited <= 0.2 for waited in waits)


def test_nobody_waits_for_longer_than_there_is_time(
    client: ServiceClient, proxy: FaultProxy, waits: list[float]
) -> None:
    proxy.answer(429, headers={"Retry-After": "60"})

    with pytest.raises(NotDone, match="answered 429"):
        client.put("/notes/1", NOTE, within(30))

    assert waits == []
    assert proxy.requests == 1


@pytest.mark.parametrize("status", [409, 422])
def test_a_refusal_says_why_and_is_final(
    client: ServiceClient, proxy: FaultProxy, status: int
) -> None:
    proxy.answer(status, refusal(status, "MOT-1 is paid for 2026-11 already"))

    with pytest.raises(Refused, match="MOT-1 is paid for 2026-11 already") as refused:
        client.put("/notes/1", NOTE, within())

    assert refused.value.status == status
    assert proxy.requests == 1


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, b"<html>It works!</html>"),
        (200, b""),
        (200, b'{"note": "of another kind"}'),
        (202, b'{"noteText": "later"}'),
        (302, b""),
        (409, b'{"message": "no problem document"}'),
        (500, refusal(500, "out of order")),
        (502, b""),
        (503, b""),
        (504, b'{"message": "Endpoint request timed out"}'),
    ],
)
def test_an_answer_that_does_not_say_what_was_done_leaves_the_outcome_unknown(
    client: ServiceClient, proxy: FaultProxy, status: int, content: bytes
) -> None:
    proxy.answer(status, content, {"Location": "/v1/elsewhere"})

    with pytest.raises(OutcomeUnknown, match=f"answered {status}"):
        client.put("/notes/1", NOTE, within(), Note)

    assert proxy.requests == 2


def test_content_where_none_is_expected_leaves_the_outcome_unknown(
    client: ServiceClient, service: Service
) -> None:
    with pytest.raises(OutcomeUnknown, match="answered 200 with something else than agreed"):
        client.put("/notes/1", NOTE, within())


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nrubbish\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X" * 70_000,
    ],
    ids=["nothing", "not HTTP", "cut short", "two lengths", "wrong chunks", "long header"],
)
def test_a_connection_that_breaks_leaves_the_outcome_unknown(
    make_client: MakeClient, text: bytes
) -> None:
    with serving(answering(text), answering(text)) as url, pytest.raises(OutcomeUnknown):
        make_client(url).get("/notes", within(), Note)


def test_too_long_an_answer_is_not_read_to_its_end(
    client: ServiceClient, proxy: FaultProxy
) -> None:
    proxy.huge()

    with pytest.raises(OutcomeUnknown, match="too much"):
        client.get("/notes", within(), Note)


def test_a_service_that_answers_late_has_done_its_work(
    make_client: MakeClient, proxy: FaultProxy, service: Service
) -> None:
    proxy.delay(30)

    with pytest.raises(OutcomeUnknown, match="ReadTimeoutError"):
        make_client(read_seconds=0.4).put("/notes/1", NOTE, within(), Note)

    eventually(lambda: len(service.received) == 2, "both requests are there")
    assert [received.request.body for received in service.received] == [b'{"noteText":"pay"}'] * 2


def test_an_answer_that_drips_is_given_up(make_client: MakeClient, proxy: FaultProxy) -> None:
    proxy.drip(0.2)  # all of it within the deadline, and each byte within read_seconds

    with pytest.raises(OutcomeUnknown):
        make_client(connect_seconds=0.1, read_seconds=0.3).put("/notes/1", NOTE, within(30), Note)

    assert proxy.requests == 2


@pytest.mark.parametrize("fault", [FaultProxy.hang, lambda proxy: proxy.drip(0.9)])
def test_a_call_ends_by_its_deadline(
    make_client: MakeClient, proxy: FaultProxy, fault: Callable[[FaultProxy], None]
) -> None:
    fault(proxy)

    with less_than(15), pytest.raises(OutcomeUnknown):
        make_client(connect_seconds=30, read_seconds=30).put("/notes/1", NOTE, within(1))


@pytest.mark.parametrize("left", [-1, 0, 0.1])
def test_no_call_is_made_when_there_is_hardly_time_left(
    client: ServiceClient, proxy: FaultProxy, left: float
) -> None:
    with pytest.raises(NotDone, match="no time is left"):
        client.put("/notes/1", NOTE, within(left))

    assert proxy.requests == 0


@pytest.mark.parametrize(
    "fault", [FaultProxy.fail_once, lambda proxy: proxy.answer(200, b"rubbish", times=1)]
)
def test_a_call_that_fails_once_succeeds(
    client: ServiceClient, proxy: FaultProxy, fault: Callable[[FaultProxy], None]
) -> None:
    fault(proxy)

    assert client.put("/notes/1", NOTE, within(), Note) == PAID
    assert proxy.requests == 2


def test_an_attempt_that_may_have_had_its_effect_is_never_forgotten(
    make_client: MakeClient, proxy: FaultProxy, service: Service
) -> None:
    """Although the second attempt is refused a connection, turned away, or not made at all."""
    with serving(nothing) as url, pytest.raises(OutcomeUnknown):
        make_client(url).put("/notes/1", NOTE, within())

    service.respond = lambda handler: handler.answer(403, {}, b"")
    proxy.fail_once()
    with pytest.raises(OutcomeUnknown, match="answered 500"):
        make_client().put("/notes/1", NOTE, within())
    assert proxy.requests == 2

    proxy.reset()
    proxy.answer(500)
    with pytest.raises(OutcomeUnknown, match="answered 500"):
        make_client(failures=1).put("/notes/1", NOTE, within())
    assert proxy.requests == 1


def test_two_threads_call_at_the_same_time(client: ServiceClient, service: Service) -> None:
    both = threading.Barrier(2)

    def respond(handler: Handler) -> None:
        both.wait(timeout=5)
        handler.answer(200, {}, b'{"noteText":"paid"}')

    service.respond = respond

    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda _: client.put("/notes/1", NOTE, within(), Note), range(20))

    assert list(answers) == [PAID] * 20


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (403, "NotDone", "answered 403"),
        (429, "NotDone", "answered 429"),
        (500, "OutcomeUnknown", "answered 500"),
        (422, "Refused", "paid already"),
    ],
)
def test_each_call_in_vain_is_logged_once(
    client: ServiceClient,
    proxy: FaultProxy,
    log: io.StringIO,
    status: int,
    kind: str,
    reason: str,
) -> None:
    proxy.answer(status, refusal(status))

    with pytest.raises((NotDone, OutcomeUnknown, Refused)):
        client.get("/notes/1?name=Ada", within(), Note)

    (line,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (line["level"], line["method"], line["path"]) == ("WARNING", "GET", "/notes/1")
    assert line["service_called"].startswith("service-")
    assert line["kind"] == kind
    assert reason in line["reason"]


def test_a_call_that_succeeds_in_the_end_is_not_logged(
    client: ServiceClient, proxy: FaultProxy, log: io.StringIO
) -> None:
    proxy.fail_once()

    client.get("/notes/1", within(), Note)

    assert log.getvalue() == ""


def test_a_personal_detail_shows_in_no_error(client: ServiceClient, proxy: FaultProxy) -> None:
    proxy.answer(200, b'{"name": "Ada Lovelace"}')

    with pytest.raises(OutcomeUnknown) as failed:
        client.get("/notes", within(), Note)

    error: BaseException | None = failed.value
    while error is not None:
        assert "Ada" not in str(error)
        error = error.__cause__ or error.__context__


def test_an_https_service_is_called_only_where_its_certificate_is_trusted(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = answering(b'HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{"noteText":"paid"}')
    context, certificate = self_signed(tmp_path, "127.0.0.1")

    with serving(answer, answer, tls=context) as url, pytest.raises(OutcomeUnknown, match="SSL"):
        make_client(url).get("/notes", within(), Note)

    connections.cache_clear()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(answer, tls=context) as url:
        assert make_client(url).get("/notes", within(), Note) == PAID
