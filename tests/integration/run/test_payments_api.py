"""The client's side of the payments API, against a server that answers as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.paying.payments_api import NoAnswer, PaymentsApi, Unreachable
from local.paying.premiums import Premium
from local.servers import ports

PREMIUM = Premium(2, "key-1", "MOT-1", "C-1", "Zoë", "a@example.org", "49.90", "EUR", "2026-11")
ACCEPTED = {"requestId": "r-1", "status": "accepted", "steps": []}


@dataclass
class Server:
    """Gives its answers in turn; an answer of None is a connection that breaks."""

    answers: list[tuple[int, dict[str, str], Any] | None] = field(default_factory=list)
    seen: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    url: str = ""

    def will_answer(self, status: int, body: Any = None, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, named, body))

    def will_break(self) -> None:
        self.answers.append(None)


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.seen.append(
                (self.command, self.path, dict(self.headers), json.loads(body or "null"))
            )
            answer = server.answers.pop(0)
            if answer is None:
                self.close_connection = True
                return
            status, headers, content = answer
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(server)) as http:
        http.daemon_threads = True
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        server.url = f"http://127.0.0.1:{http.server_port}/v1"
        yield server
        http.shutdown()
        thread.join()


@pytest.fixture
def api(server: Server) -> Iterator[PaymentsApi]:
    with PaymentsApi(f"{server.url}/", lambda customer: f"token-of-{customer}") as api:
        yield api


def test_a_premium_is_sent_as_the_contract_says(server: Server, api: PaymentsApi) -> None:
    server.will_answer(202, ACCEPTED, Location="/payments/r-1", Retry_After="3")
    answer = api.submit(PREMIUM)
    assert (answer.status, answer.state, answer.retry_after_s) == (202, "accepted", 3.0)
    method, path, headers, body = server.seen[0]
    assert (method, path) == ("POST", "/v1/payments")
    assert headers["Authorization"] == "Bearer token-of-C-1"
    assert headers["Idempotency-Key"] == "key-1"
    assert body == {
        "policyId": "MOT-1",
        "customer": {"id": "C-1", "name": "Zoë", "email": "a@example.org"},
        "amount": {"value": "49.90", "currency": "EUR"},
        "period": "2026-11",
    }


@pytest.mark.parametrize(
    "location",
    [
        lambda _: {"Location": "/payments/r-1"},
        lambda url: {"Location": f"{url}/payments/r-1"},
        lambda _: {},
    ],
    ids=["path", "address", "none"],
)
def test_an_accepted_premium_is_polled_where_the_answer_says(
    server: Server, api: PaymentsApi, location: Callable[[str], dict[str, str]]
) -> None:
    server.will_answer(202, ACCEPTED, **location(server.url))
    server.will_answer(200, ACCEPTED | {"status": "completed"})
    assert api.poll(api.submit(PREMIUM), "C-1").state == "completed"
    method, path, headers, _ = server.seen[1]
    assert (method, path) == ("GET", "/v1/payments/r-1")
    assert headers["Authorization"] == "Bearer token-of-C-1"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_not_have_been_done_is_sent_again_with_the_same_key(
    server: Server, api: PaymentsApi, status: int
) -> None:
    server.will_answer(status, {"detail": "later"}, Retry_After="0")
    server.will_answer(202, ACCEPTED)
    assert api.submit(PREMIUM).status == 202
    assert [headers["Idempotency-Key"] for _, _, headers, _ in server.seen] == ["key-1", "key-1"]


def test_a_broken_connection_is_no_answer_and_the_premium_is_sent_again(
    server: Server, api: PaymentsApi
) -> None:
    server.will_break()
    server.will_answer(202, ACCEPTED)
    assert api.submit(PREMIUM).status == 202


@pytest.mark.parametrize("status", [400, 401, 403, 409, 422, 500])
def test_what_would_be_no_better_again_is_not_repeated(
    server: Server, api: PaymentsApi, status: int
) -> None:
    server.will_answer(status, {"status": status, "detail": "no"})
    answer = api.submit(PREMIUM)
    assert (answer.status, answer.reason, len(server.seen)) == (status, "no", 1)


def test_whoever_answers_with_something_else_is_quoted(server: Server, api: PaymentsApi) -> None:
    server.will_answer(403, b"<html>Forbidden</html>")
    assert api.submit(PREMIUM).reason == "<html>Forbidden</html>"


def test_repeated_in_vain_the_last_answer_counts(server: Server) -> None:
    with PaymentsApi(server.url, str, attempts=2) as api:
        for _ in range(2):
            server.will_answer(503, {"detail": "the database is down"}, Retry_After="0")
        answer = api.submit(PREMIUM)
    assert (answer.status, answer.reason, answer.refused) == (503, "the database is down", False)


def test_repeated_in_vain_without_any_answer_the_outcome_is_unknown(server: Server) -> None:
    with PaymentsApi(server.url, str, attempts=2) as api:
        server.will_break()
        server.will_break()
        with pytest.raises(NoAnswer, match="no answer"):
            api.submit(PREMIUM)


def test_nobody_at_the_address_is_told_from_no_answer() -> None:
    with ports.claim(5600) as port:
        url = f"http://127.0.0.1:{port}"
        with (
            PaymentsApi(url, str, attempts=2) as api,
            pytest.raises(Unreachable, match=f"nobody answers at {url}"),
        ):
            api.submit(PREMIUM)


def test_one_token_serves_all_premiums_of_a_customer(server: Server) -> None:
    made: list[str] = []

    def token(customer_id: str) -> str:
        made.append(customer_id)
        return "token"

    with PaymentsApi(server.url, token) as api:
        for _ in range(3):
            server.will_answer(202, ACCEPTED)
            api.submit(PREMIUM)
    assert made == ["C-1"]
