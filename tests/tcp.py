"""Faults on the wire, between a function and a server: no test hooks in the code under test."""

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Self


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        class Handler(BaseRequestHandler):
            def handle(self) -> None:
                # Either end may vanish at any time: that is what this is for.
                with contextlib.suppress(OSError):
                    serve(self.request)

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @contextmanager
    def running(self) -> Iterator[Self]:
        with self:
            threading.Thread(target=self.serve_forever, args=[0.05], daemon=True).start()
            try:
                yield self
            finally:
                self.shutdown()


class Proxy(_Server):
    """Passes connections on to a server on this machine, until it is cut."""

    def __init__(self, port: int) -> None:
        super().__init__(self._pass_on)
        self._target = ("127.0.0.1", port)
        self._uncut = threading.Event()
        self._uncut.set()
        self._open = 0
        self._changed = threading.Condition()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Ends all connections first, and then every new one, until the block ends."""
        self._uncut.clear()
        with self._changed:
            assert self._changed.wait_for(lambda: self._open == 0, timeout=10)
        try:
            yield
        finally:
            self._uncut.set()

    def _pass_on(self, client: socket.socket) -> None:
        with self._counted(), client:
            if not self._uncut.is_set():
                return
            with socket.create_connection(self._target) as server:
                peer = {client: server, server: client}
                while self._uncut.is_set():
                    readable, _, _ = select.select(list(peer), [], [], 0.02)
                    for source in readable:
                        data = source.recv(65536)
                        if not data:
                            return
                        self.relay(data, source, peer[source])

    def relay(self, data: bytes, source: socket.socket, target: socket.socket) -> None:
        target.sendall(data)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._changed:
            self._open += 1
        try:
            yield
        finally:
            with self._changed:
                self._open -= 1
                self._changed.notify_all()


class Trap(_Server):
    """Calls `sprung` for each connection, and never answers it."""

    def __init__(self, sprung: Callable[[], None]) -> None:
        def serve(client: socket.socket) -> None:
            sprung()
            while client.recv(65536):
                pass

        super().__init__(serve)
