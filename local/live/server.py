"""Serves the page, and what it needs to be alive, to this machine's browsers alone."""

import json
import select
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import Empty, ShutDown
from socketserver import ThreadingTCPServer
from time import monotonic
from typing import Any, override

from local.live import sse
from local.live.broadcast import Broadcast, Event
from local.live.till import NothingToPay, UnderWay

_SECURITY = {
    # What the page may do it says itself: its scripts' hashes are its own.
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_RETRY_MS = 1000
_HEARTBEAT_S = 10.0
_LOOK_EVERY_S = 0.5
"""Whether the browser is still there."""
_IDLE_S = 30.0
_END_AFTER_S = 0.2
"""At the latest, when it is to end."""


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers


class LiveServer(ThreadingTCPServer):
    """No `HTTPServer`: that asks for its address's name, which takes seconds on some machines."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self,
        port: int,
        page: Path,
        variants: Sequence[str],
        broadcast: Broadcast,
        pay: Callable[[], None],
        *,
        heartbeat_s: float = _HEARTBEAT_S,
    ) -> None:
        self.page = page
        self.variants = variants
        self.broadcast = broadcast
        self.pay = pay
        self.heartbeat_s = heartbeat_s
        super().__init__(("127.0.0.1", port), _Handler)
        self.port = int(self.server_address[1])
        self.hosts = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """That a browser goes away in the middle of an answer is no error."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def serving(server: LiveServer) -> Iterator[None]:
    """Until the end of the block, which ends the streams, too."""
    thread = threading.Thread(target=server.serve_forever, args=(_END_AFTER_S,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.broadcast.close()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.0: each request has a connection of its own, and a stream ends with its connection."""

    server: LiveServer
    timeout = _IDLE_S  # a browser also opens connections that it may never use

    def answer(self) -> None:
        try:
            self._route()
        except _Refused as refused:
            self._problem(refused)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def _route(self) -> None:
        # A name that somebody else's server gives this address would make it that server's page.
        host = self.headers.get("Host", "")
        if host not in self.server.hosts:
            raise _Refused(HTTPStatus.MISDIRECTED_REQUEST, f"this is not {host or 'nobody'}")
        match self.path.partition("?")[0]:
            case "/":
                self._allow("GET", "HEAD")
                self._send(HTTPStatus.OK, "text/html; charset=utf-8", self._page())
            case "/events":
                self._allow("GET")
                self._stream()
            case "/pay":
                self._allow("POST")
                self._pay(host)
            case path:
                raise _Refused(HTTPStatus.NOT_FOUND, f"there is nothing at {path}")

    def _allow(self, *methods: str) -> None:
        if self.command not in methods:
            allowed = ", ".join(methods)
            raise _Refused(
                HTTPStatus.METHOD_NOT_ALLOWED, f"{self.command} is not {allowed}", Allow=allowed
            )

    def _page(self) -> bytes:
        try:
            page = self.server.page.read_text()
        except FileNotFoundError:
            raise _Refused(
                HTTPStatus.SERVICE_UNAVAILABLE, "there is no page: make compare writes it"
            ) from None
        return page.replace("<html", "<html data-live", 1).encode()

    def _pay(self, host: str) -> None:
        # Any page of the web may send a POST here, but not under this origin.
        if (origin := self.headers.get("Origin")) != f"http://{host}":
            raise _Refused(HTTPStatus.FORBIDDEN, f"nobody pays from {origin or 'no origin'}")
        try:
            self.server.pay()
        except UnderWay as error:
            raise _Refused(HTTPStatus.CONFLICT, str(error)) from error
        except NothingToPay as error:
            raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from error
        self._send(HTTPStatus.ACCEPTED, "application/json", b"{}")

    def _stream(self) -> None:
        known = self.headers.get("Last-Event-ID", "")
        after = int(known) if known.isascii() and known.isdecimal() else 0
        self._head(HTTPStatus.OK, sse.CONTENT_TYPE)
        first = Event(0, "variants", {"variants": list(self.server.variants)})
        self.wfile.write(sse.retry(_RETRY_MS) + sse.encode(first))
        with self.server.broadcast.listen(after) as events:
            spoken = monotonic()
            while not _is_gone(self.connection):
                try:
                    self.wfile.write(sse.encode(events.get(timeout=_LOOK_EVERY_S)))
                except Empty:
                    if monotonic() < spoken + self.server.heartbeat_s:
                        continue
                    self.wfile.write(sse.HEARTBEAT)
                except ShutDown:
                    return
                spoken = monotonic()

    def _problem(self, refused: _Refused) -> None:
        problem = {"title": refused.status.phrase, "status": refused.status, "detail": str(refused)}
        body = json.dumps(problem).encode()
        self._send(refused.status, "application/problem+json", body, **refused.headers)

    def _send(self, status: HTTPStatus, content_type: str, body: bytes, **headers: str) -> None:
        self._head(status, content_type, **{"Content-Length": str(len(body))}, **headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, content_type: str, **headers: str) -> None:
        self.send_response(status)
        usual = {"Content-Type": content_type, "Cache-Control": "no-store"}
        for name, value in (usual | _SECURITY | headers).items():
            self.send_header(name, value)
        self.end_headers()

    @override
    def version_string(self) -> str:
        return "live"

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Standard error belongs to `make run`."""


def _is_gone(connection: socket.socket) -> bool:
    """Whether the other end has closed it: who listens to a stream says nothing any more."""
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable) and not connection.recv(1024)
