"""The live view's server, over real HTTP. What is paid and told is a fake."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from local.live.broadcast import Broadcast
from local.live.server import LiveServer, serving
from local.live.till import NothingToPay, UnderWay
from tests.eventually import eventually

HTTP = urllib3.PoolManager(retries=False, timeout=10)
SECURITY = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Pay:
    def __init__(self) -> None:
        self.pressed = 0
        self.error: Exception | None = None

    def __call__(self) -> None:
        if self.error:
            raise self.error
        self.pressed += 1


class Stream:
    """What a browser reads of /events."""

    def __init__(self, server: LiveServer, **headers: str) -> None:
        self.response = HTTP.request(
            "GET", f"{server.address}events", headers=headers, preload_content=False
        )
        self._lines = iter(self.response)
        self._rest = ""

    def read_block(self) -> list[str]:
        """Up to the next empty line."""
        while "\n\n" not in self._rest:
            self._rest += self.response.read1(65536).decode()
        block, _, self._rest = self._rest.partition("\n\n")
        return block.split("\n")

    def read_event(self) -> dict[str, str]:
        """The next block that is one."""
        while True:
            block = self.read_block()
            if any(line.startswith("event: ") for line in block):
                return dict(line.split(": ", 1) for line in block)

    def close(self) -> None:
        self.response.close()


@pytest.fixture
def pay() -> Pay:
    return Pay()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "index.html"
    page.write_text('<!doctype html><html lang="en"><p>&lt;html</p></html>')
    return page


@pytest.fixture
def server(page: Path, pay: Pay) -> Iterator[LiveServer]:
    server = LiveServer(0, page, ["decouple"], Broadcast(), pay, heartbeat_s=0.2)
    with serving(server):
        yield server


@pytest.fixture
def stream(server: LiveServer) -> Iterator[Stream]:
    stream = Stream(server)
    yield stream
    stream.close()


def ask(
    server: LiveServer, method: str, path: str, **headers: str
) -> tuple[int, urllib3.BaseHTTPResponse]:
    answer = HTTP.request(method, server.address.rstrip("/") + path, headers=headers)
    return answer.status, answer


def press(server: LiveServer) -> tuple[int, urllib3.BaseHTTPResponse]:
    return ask(server, "POST", "/pay", Origin=server.address.rstrip("/"))


def test_the_page_is_served_alive_and_with_the_headers_that_protect_it(server: LiveServer) -> None:
    status, answer = ask(server, "GET", "/")

    assert status == 200
    assert answer.data == b'<!doctype html><html data-live lang="en"><p>&lt;html</p></html>'
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert SECURITY.items() <= dict(answer.headers).items()
    assert ask(server, "HEAD", "/")[1].headers["Content-Length"] == str(len(answer.data))


def test_a_page_that_is_written_anew_is_served_anew(server: LiveServer, page: Path) -> None:
    page.write_text("<html>new</html>")

    assert ask(server, "GET", "/?again")[1].data == b"<html data-live>new</html>"


def test_without_a_page_it_says_what_writes_one(server: LiveServer, page: Path) -> None:
    page.unlink()

    status, answer = ask(server, "GET", "/")

    assert status == 503
    assert answer.json()["detail"] == "there is no page: make compare writes it"


@pytest.mark.parametrize("path", ["/index.html", "/%2e%2e/README.md", "/pay/", "/events/1"])
def test_any_other_path_is_404(server: LiveServer, path: str) -> None:
    status, answer = ask(server, "GET", path)

    assert status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/", "GET, HEAD"),
        ("DELETE", "/", "GET, HEAD"),
        ("POST", "/events", "GET"),
        ("HEAD", "/events", "GET"),
        ("GET", "/pay", "POST"),
        ("PUT", "/pay", "POST"),
        ("OPTIONS", "/pay", "POST"),
    ],
)
def test_any_other_method_is_405(
    server: LiveServer, pay: Pay, method: str, path: str, allowed: str
) -> None:
    status, answer = ask(server, method, path, Origin=server.address.rstrip("/"))

    assert (status, answer.headers["Allow"]) == (405, allowed)
    assert pay.pressed == 0


def test_pay_pays(server: LiveServer, pay: Pay) -> None:
    assert press(server)[0] == 202
    assert pay.pressed == 1


@pytest.mark.parametrize(
    ("error", "status"), [(UnderWay("one is on its way"), 409), (NothingToPay("no variant"), 503)]
)
def test_what_cannot_be_paid_says_why(
    server: LiveServer, pay: Pay, error: Exception, status: int
) -> None:
    pay.error = error

    answered, answer = press(server)

    assert (answered, answer.json()["detail"]) == (status, str(error))


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:1", ""]
)
def test_another_sites_page_cannot_pay(server: LiveServer, pay: Pay, origin: str) -> None:
    headers = {"Origin": origin} if origin else {}

    assert ask(server, "POST", "/pay", **headers)[0] == 403
    assert pay.pressed == 0


@pytest.mark.parametrize("path", ["/", "/events", "/pay"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "evil.example:{port}", ""])
def test_under_another_name_it_is_nobody(
    server: LiveServer, pay: Pay, path: str, host: str
) -> None:
    host = host.format(port=server.port)
    method = "POST" if path == "/pay" else "GET"

    assert ask(server, method, path, Host=host, Origin=f"http://{host}")[0] == 421
    assert pay.pressed == 0


def test_localhost_is_its_name_too(server: LiveServer, pay: Pay) -> None:
    host = f"localhost:{server.port}"

    assert ask(server, "POST", "/pay", Host=host, Origin=f"http://{host}")[0] == 202


def test_it_listens_on_the_loopback_interface_only(server: LiveServer) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_a_stream_begins_with_when_to_come_again_and_the_variants_that_are_up(
    stream: Stream,
) -> None:
    assert stream.response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert stream.read_block() == ["retry: 1000"]
    assert stream.read_block() == ["event: variants", 'data: {"variants": ["decouple"]}']


def test_a_stream_tells_what_happens_as_it_happens(server: LiveServer, stream: Stream) -> None:
    assert stream.read_event()["event"] == "variants"
    server.broadcast.begin("pay", {"policy": "P-1"})
    assert stream.read_event() == {"id": "1", "event": "pay", "data": '{"policy": "P-1"}'}

    server.broadcast.say("step", {"ms": 7})

    assert json.loads(stream.read_event()["data"]) == {"ms": 7}


def test_who_connects_again_is_told_what_it_has_missed(server: LiveServer) -> None:
    server.broadcast.begin("pay", {})
    server.broadcast.say("step", {"n": 2})

    for known, missed in (("1", ["2"]), ("0", ["1", "2"]), ("nonsense", ["1", "2"])):
        stream = Stream(server, **{"Last-Event-ID": known})
        assert stream.read_event()["event"] == "variants"
        assert [stream.read_event()["id"] for _ in missed] == missed
        stream.close()


def test_a_quiet_stream_has_a_heart_that_beats(stream: Stream) -> None:
    blocks = [stream.read_block() for _ in range(5)]

    assert blocks[2:] == [[":"]] * 3


def test_a_browser_that_goes_away_leaves_nothing_behind(server: LiveServer) -> None:
    before = threading.active_count()
    streams = [Stream(server) for _ in range(3)]
    for each in streams:
        each.read_event()
    assert eventually(lambda: server.broadcast.is_heard, "they are listened to")

    for each in streams:
        each.close()

    assert eventually(lambda: not server.broadcast.is_heard, "nobody listens any more")
    assert eventually(lambda: threading.active_count() == before, "their threads have ended")


def test_its_end_ends_the_streams_and_gives_the_port_back(page: Path, pay: Pay) -> None:
    server = LiveServer(0, page, [], Broadcast(), pay)
    with serving(server):
        stream = Stream(server)
        stream.read_event()

    assert stream.response.read() == b""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", server.port))


def test_what_is_no_http_harms_nobody(server: LiveServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\r\n\r\n")
        assert b"400" in connection.recv(1024)

    assert ask(server, "GET", "/")[0] == 200
