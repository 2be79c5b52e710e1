"""A service on this machine, behind a proxy with faults, and clients that call it."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import boto3
import pytest

from contracts.base import Contract
from local.fault_proxy import FaultProxy, Handler, Server
from local.localstack_plugin.signatures import SignedRequest
from runtime.service_client import Downstream, ServiceClient, connections

type Respond = Callable[[Handler], None]


class Note(Contract):
    note_text: str


NOTE = Note(note_text="pay")
PAID = Note(note_text="paid")


@dataclass(frozen=True)
class Received:
    request: SignedRequest
    connection: tuple[str, int]
    at: float
    """A time.monotonic instant."""


class Service:
    """Keeps the requests it gets, and answers each with the same note."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.respond: Respond = lambda handler: handler.answer(200, {}, b'{"noteText":"paid"}')
        self._lock = threading.Lock()
        self._server = Server(self._serve)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def stop(self) -> None:
        self._server.stop()

    def _serve(self, handler: Handler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        url = f"http://{headers['host']}{handler.path}"
        request = SignedRequest(handler.command, url, headers, handler.body)
        with self._lock:
            self.received.append(Received(request, handler.client_address, time.monotonic()))
        self.respond(handler)


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What Lambda gives a function to sign with."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPAYMENTS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret/+")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token==")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    connections.cache_clear()
    yield
    connections().clear()
    connections.cache_clear()


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.stop()


@pytest.fixture
def proxy(service: Service) -> Iterator[FaultProxy]:
    with FaultProxy(service.url).running() as proxy:
        yield proxy


@pytest.fixture
def make_client(identity: None, proxy: FaultProxy) -> Callable[..., ServiceClient]:
    """Makes a client of the service; its circuit is its own."""

    def make(
        url: str = proxy.url,
        *,
        connect_seconds: float = 0.5,
        read_seconds: float = 3,
        failures: int = 100,
        recovery_seconds: int = 30,
    ) -> ServiceClient:
        downstream = Downstream(url=url, connect_seconds=connect_seconds, read_seconds=read_seconds)
        return ServiceClient(f"service-{uuid4()}", downstream, failures, recovery_seconds)

    return make


@pytest.fixture
def client(make_client: Callable[..., ServiceClient]) -> ServiceClient:
    return make_client()


def within(seconds: float = 10) -> float:
    """The deadline of a call."""
    return time.monotonic() + seconds
