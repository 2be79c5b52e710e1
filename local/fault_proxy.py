"""A proxy in front of an HTTP service: passes requests on, until it is given a fault."""

import contextlib
import math
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlsplit

import urllib3

type Answer = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body."""
type Fault = Callable[["Handler", threading.Event], None]
"""How a request is served; the event tells that the fault is over."""

_HUGE = b'{"filler": "' + b"x" * 6_000_000 + b'"}'


class FaultProxy:
    """Each fault holds until the next one, or `reset`.

    Requests are passed on as they came, Host included, so that their signatures stay valid.
    """

    def __init__(self, target: str) -> None:
        origin = urlsplit(target)
        self._target = f"{origin.scheme}://{origin.netloc}"
        self._path = origin.path
        self._http = urllib3.PoolManager(maxsize=50, retries=False, timeout=30)
        self._fault: Fault = self.pass_on
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self.requests = 0
        """How many came since the last reset."""
        self._server = Server(self._serve)
        self._port = int(self._server.server_address[1])
        self._reserved: socket.socket | None = None

    @property
    def url(self) -> str:
        """The target's URL, with this proxy as its host."""
        return f"http://127.0.0.1:{self._port}{self._path}"

    @contextmanager
    def running(self) -> Iterator[Self]:
        try:
            yield self
        finally:
            self.reset()
            self._server.stop()
            self._http.clear()

    def reset(self) -> None:
        """Lets requests through again, and ends what is being held up."""
        self.become(self.pass_on)
        self.requests = 0
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None
            self._server = Server(self._serve, self._port)

    def refuse(self) -> None:
        """Breaks all connections off and accepts no new one."""
        self.become(self.pass_on)
        self._server.stop()
        # Bound but not listening: connections are refused, and nobody else takes the port.
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind(("127.0.0.1", self._port))

    def hang(self) -> None:
        """Takes requests and never answers."""

        def hanging(handler: Handler, ended: threading.Event) -> None:
            ended.wait()
            handler.close_connection = True

        self.become(hanging)

    def answer(
        self,
        status: int,
        body: bytes = b"",
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        times: float = math.inf,
    ) -> None:
        """Answers in the service's place; after so many times the service does."""
        left = times

        def answering(handler: Handler, ended: threading.Event) -> None:
            nonlocal left
            with self._lock:
                left -= 1
                is_over = left < 0
            if is_over:
                self.pass_on(handler, ended)
            else:
                handler.answer(status, headers, body)

        self.become(answering)

    def fail_once(self) -> None:
        self.answer(500, times=1)

    def rubbish(self) -> None:
        self.answer(200, b"<html>It works!</html>")

    def huge(self) -> None:
        """6 MB of JSON."""
        self.answer(200, _HUGE)

    def delay(self, seconds: float) -> None:
        """The service does its work at once, but its answer comes late."""

        def delayed(handler: Handler, ended: threading.Event) -> None:
            answer = self.forwarded(handler)
            ended.wait(seconds)
            handler.answer(*answer)

        self.become(delayed)

    def drip(self, seconds: float) -> None:
        """The service does its work at once; there is such a pause before each byte of its answer's
        body.
        """

        def dripping(handler: Handler, ended: threading.Event) -> None:
            handler.answer(*self.forwarded(handler), pause=lambda: ended.wait(seconds))

        self.become(dripping)

    def break_off(self) -> None:
        """The service does its work, but instead of an answer the connection ends."""

        def broken(handler: Handler, ended: threading.Event) -> None:
            self.forwarded(handler)
            handler.close_connection = True

        self.become(broken)

    def become(self, fault: Fault) -> None:
        """Serves requests so from now on."""
        with self._lock:
            self._ended.set()
            self._ended = threading.Event()
            self._fault = fault

    def _serve(self, handler: "Handler") -> None:
        with self._lock:
            self.requests += 1
            fault, ended = self._fault, self._ended
        fault(handler, ended)

    def pass_on(self, handler: "Handler", ended: threading.Event) -> None:
        handler.answer(*self.forwarded(handler))

    def forwarded(self, handler: "Handler") -> Answer:
        """What the service answers to the request."""
        answer = self._http.request(
            handler.command,
            self._target + handler.path,
            body=handler.body or None,
            headers=dict(handler.headers.items()),
            redirect=False,
            decode_content=False,
        )
        hop_by_hop = {"connection", "content-length", "keep-alive", "transfer-encoding"}
        headers = {k: v for k, v in answer.headers.items() if k.lower() not in hop_by_hop}
        return answer.status, headers, answer.data


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"
    body: bytes

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the client may have given up
            super().handle()

    def answer(
        self,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        pause: Callable[[], Any] | None = None,
    ) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if pause is None:
            self.wfile.write(body)
            return
        for byte in body:
            pause()
            self.wfile.write(bytes([byte]))

    def log_message(self, format: str, *values: Any) -> None:
        pass

    def _serve(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.serve(self)

    do_GET = do_PUT = do_POST = _serve


class Server(ThreadingHTTPServer):
    """Serves from the moment it is made until it is stopped."""

    daemon_threads = True

    def __init__(self, serve: Callable[[Handler], None], port: int = 0) -> None:
        self.serve = serve
        self._connections: set[socket.socket] = set()
        self._ended = threading.Condition()
        super().__init__(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=[0.02], daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Breaks off the connections that there are."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._ended:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            assert self._ended.wait_for(lambda: not self._connections, timeout=10)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._ended:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._ended:
            self._connections.discard(request)
            self._ended.notify_all()
