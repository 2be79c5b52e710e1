"""LocalStack's port: each connection has a thread, which serves its requests from end to end.

LocalStack's own server, Twisted's, hands every request from its one reading thread to another, and
the answer back in pieces. That took more than half of a small request's time, and more under load,
when each of them waits for the interpreter's lock. And it listens on all interfaces whatever
GATEWAY_LISTEN says: whoever reaches this machine could run code on it, by creating a function.
"""

import logging
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from socketserver import TCPServer
from typing import Any
from urllib.parse import unquote_to_bytes

from localstack.runtime.server.core import RuntimeServer, RuntimeServerPlugin
from rolo.gateway import Gateway
from rolo.response import Response
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

LOG = logging.getLogger(__name__)
_SEE_SHUTDOWN_EVERY_SECONDS = 0.1
_WITHOUT_CONTENT = (204, 304)


class ThreadingServerPlugin(RuntimeServerPlugin):  # type: ignore[misc]  # LocalStack has no types
    name = "threading"

    def load(self, *_args: Any, **_kwargs: Any) -> RuntimeServer:
        return _ThreadingServer()


class _ThreadingServer(RuntimeServer):  # type: ignore[misc]
    def register(self, gateway: Gateway, listen: list[Any], _certificate: Any = None) -> None:
        self._servers = [_Server(gateway, address.host, address.port) for address in listen]

    def run(self) -> None:
        threads = [
            threading.Thread(target=server.serve_forever, args=(_SEE_SHUTDOWN_EVERY_SECONDS,))
            for server in self._servers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def shutdown(self) -> None:
        for server in self._servers:
            server.shutdown()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, gateway: Gateway, host: str, port: int) -> None:
        super().__init__((host, port), _Connection)
        self.gateway = gateway

    def server_bind(self) -> None:
        """Without looking up the name of the address, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, _request: Any, client_address: Any) -> None:
        error = sys.exception()
        if not isinstance(error, ConnectionError):  # whoever has asked was killed
            LOG.error("a request of %s has failed", client_address, exc_info=error)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One segment per answer: written in pieces, Nagle's algorithm and delayed ACKs cost 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        environment = self._environment(self._body())
        request, response = Request(environment), Response()
        request.headers = Headers(self.headers.items())
        with response:
            self.server.gateway.process(request, response)
            parts, status, fields = response.get_wsgi_response(environment)
            content = b"".join(parts)
        headers = Headers(fields)
        if response.status_code not in _WITHOUT_CONTENT and self.command != "HEAD":
            headers["Content-Length"] = str(len(content))
        self.send_response_only(response.status_code, status.partition(" ")[2])
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = _serve

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            """A trailer."""
        return b"".join(chunks)

    def _environment(self, body: bytes) -> dict[str, Any]:
        """As WSGI has it: https://peps.python.org/pep-3333/#environ-variables."""
        path, _, query = self.path.partition("?")
        headers = {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()
        }
        return headers | {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "REQUEST_URI": self.path,
            "REMOTE_ADDR": self.client_address[0],
            "REMOTE_PORT": str(self.client_address[1]),
            "SERVER_NAME": self.server.server_name,
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.input_terminated": True,
            "wsgi.multithread": True,
        }

    def handle_expect_100(self) -> bool:
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def log_message(self, format: str, *args: object) -> None:
        """LocalStack itself logs each request."""
