"""The Lambda Runtime API of one execution environment, version 2018-06-01.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import queue
import threading
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Kind(Enum):
    NEXT = auto()
    """The runtime has started, or answered, and asks for the next invocation."""
    RESPONSE = auto()
    ERROR = auto()
    """The handler raised, or the function could not be imported."""
    EXIT = auto()
    """The process ended."""


@dataclass(frozen=True)
class Event:
    """What the runtime told."""

    kind: Kind
    body: bytes = b""


class RuntimeApi:
    """A loopback server for one runtime: what it posts arrives in `events`."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._invocations: queue.SimpleQueue[tuple[dict[str, str], bytes] | None] = (
            queue.SimpleQueue()
        )
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, name="runtime-api", daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def send(self, headers: dict[str, str], body: bytes) -> None:
        """Hand the runtime its next invocation."""
        self._invocations.put((headers, body))

    def next_invocation(self) -> tuple[dict[str, str], bytes] | None:
        """Block until there is an invocation; None when the API was closed."""
        return self._invocations.get()

    def close(self) -> None:
        self.events.put(Event(Kind.EXIT))
        self._invocations.put(None)
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: RuntimeApi) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One segment per answer: written in pieces, Nagle's algorithm and delayed ACKs cost 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:  # /runtime/invocation/next
        self.server.api.events.put(Event(Kind.NEXT))
        invocation = self.server.api.next_invocation()
        if invocation is None:
            self.close_connection = True
            return
        headers, body = invocation
        self._reply(200, headers, body)

    def do_POST(self) -> None:  # /runtime/invocation/<id>/response or /error, /runtime/init/error
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = Kind.RESPONSE if self.path.endswith("/response") else Kind.ERROR
        # Before the reply: a process whose init failed exits as soon as it has it.
        self.server.api.events.put(Event(kind, body))
        self._reply(202, {}, b'{"status":"OK"}')

    def handle_expect_100(self) -> bool:
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def log_message(self, format: str, *args: object) -> None:
        """Keep silent."""

    def _reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
