"""What lies between the functions of a stack and the servers they call, and what can happen there.

No test hooks in the code under test: the stack's `LocalEndpointUrl` and `LocalDatabaseUrl` lead
here.
"""

import re
import socket
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock
from time import monotonic
from typing import override
from urllib.parse import parse_qs

import psutil

from local.fault_proxy import Answer, FaultProxy, Handler
from tests.tcp import Proxy

_SERVICE = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/")
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_REQUEST = re.compile(r"REQUEST#([0-9a-f-]{36})")
_COMMIT = b"COMMIT\0"


@dataclass(frozen=True)
class Call:
    """Of an AWS service, by a function."""

    service: str
    """As signatures name it: `dynamodb`, `execute-api`."""
    operation: str
    """Such as `PutItem`; a path where it is a service of our own that is called."""
    port: int
    """The caller's end of the connection."""
    body: bytes

    @classmethod
    def of(cls, handler: Handler) -> "Call":
        signature = _SERVICE.search(handler.headers.get("Authorization", ""))
        target = handler.headers.get("X-Amz-Target", "").rpartition(".")[2]
        action = _ACTION.search(handler.body)
        return cls(
            signature[1] if signature else "",
            target or (action[1].decode() if action else handler.path),
            handler.client_address[1],
            handler.body,
        )

    @property
    def is_publish(self) -> bool:
        return self.operation in PUBLISHES or self.service == "execute-api"


PUBLISHES = {"SendMessage", "SendMessageBatch", "Publish", "PublishBatch", "PutEvents"}

type Forward = Callable[[], Answer]
type Rule = Callable[[Call, Forward], Answer | None]
"""Its answer, or None for a call that it lets through."""


class AwsWire(FaultProxy):
    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self._rules: list[Rule] = []
        self.struck = 0
        """How often a rule had its way."""
        self.mails = MailLog()
        self.become(self._by_the_rules)

    @override
    def forwarded(self, handler: Handler) -> Answer:
        began = monotonic()
        answer = super().forwarded(handler)
        if answer[0] == 200:
            self.mails.note(Call.of(handler), began)
        return answer

    @contextmanager
    def rule(self, rule: Rule) -> Iterator[None]:
        self._rules.append(rule)
        try:
            yield
        finally:
            self._rules.remove(rule)

    def _by_the_rules(self, handler: Handler, ended: Event) -> None:
        rules = list(self._rules)
        call = Call.of(handler) if rules else None
        for rule in rules:
            assert call
            answer = rule(call, lambda: self.forwarded(handler))
            if answer is not None:
                self.struck += 1
                handler.answer(*answer)
                return
        self.pass_on(handler, ended)


def refusing(service: str, code: str, operations: set[str] | None = None) -> Rule:
    """AWS does not do what is asked of this service, and says why."""

    def refuse(call: Call, _forward: Forward) -> Answer | None:
        if call.service != service or (operations and call.operation not in operations):
            return None
        status = 403 if code.startswith("AccessDenied") and service in ("sns", "ses") else 400
        if service in ("sns", "ses"):
            body = (
                "<ErrorResponse><Error><Type>Sender</Type>"
                f"<Code>{code}</Code><Message>on purpose</Message></Error></ErrorResponse>"
            )
            return status, {"Content-Type": "text/xml"}, body.encode()
        body = f'{{"__type": "chaos#{code}", "message": "on purpose"}}'
        return status, {"Content-Type": "application/x-amz-json-1.0"}, body.encode()

    return refuse


def doubling(call: Call, forward: Forward) -> Answer | None:
    """What is published, or asked of another service, arrives twice at the same time."""
    if not call.is_publish:
        return None
    with ThreadPoolExecutor(1) as other:
        copy = other.submit(forward)
        answer = forward()
        copy.result()
    return answer


def killing(function: str, service: str, operations: set[str], *, after: bool) -> Rule:
    """SIGKILL for the function's process when it makes such a call, before it is done or after."""

    def kill(call: Call, forward: Forward) -> Answer | None:
        if call.service != service or call.operation not in operations:
            return None
        process = process_of(function, call.port)
        if process is None:
            return None
        if after:
            forward()
        process.kill()
        return 500, {}, b""

    return kill


class MailLog:
    """When SES has taken mails, and when it was noted of a request that its mail is sent."""

    def __init__(self) -> None:
        self._taken: defaultdict[str, list[float]] = defaultdict(list)
        self._noted: dict[str, float] = {}

    def note(self, call: Call, began: float) -> None:
        """That the call has succeeded."""
        if call.operation == "SendEmail":
            (recipient,) = parse_qs(call.body.decode())["Destination.ToAddresses.member.1"]
            self._taken[recipient].append(began)
        elif call.operation == "PutItem" and b'"sentAt"' in call.body:
            (request,) = _REQUEST.findall(call.body.decode())
            self._noted.setdefault(request, monotonic())

    def is_sent_again(self, recipient: str, request: str) -> bool:
        """Whether a mail was sent that was noted as sent."""
        noted = self._noted.get(request)
        return noted is not None and any(taken > noted for taken in self._taken[recipient])


class Meter:
    """A rule that lets calls of a table through, and notes how many there were at once."""

    def __init__(self, table: str) -> None:
        self._table = table.encode()
        self._now = 0
        self._lock = Lock()
        self.most_at_once = 0
        self.begun: list[float] = []

    def __call__(self, call: Call, forward: Forward) -> Answer | None:
        if call.service != "dynamodb" or self._table not in call.body:
            return None
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            self.begun.append(monotonic())
        try:
            return forward()
        finally:
            with self._lock:
                self._now -= 1

    @property
    def most_a_second(self) -> int:
        return max(Counter(int(at) for at in self.begun).values(), default=0)


class DatabaseWire(Proxy):
    """To PostgreSQL; COMMIT is a message of its own there."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._server = port
        self.struck = 0
        self._kill: tuple[str, bool] | None = None

    @contextmanager
    def killing(self, function: str, *, after: bool) -> Iterator[None]:
        """SIGKILL for the function's process when it commits, before that is done or after."""
        self._kill = (function, after)
        try:
            yield
        finally:
            self._kill = None

    @override
    def relay(self, data: bytes, source: socket.socket, target: socket.socket) -> None:
        port = source.getpeername()[1]
        if self._kill and _COMMIT in data and port != self._server:
            function, after = self._kill
            process = process_of(function, port)
            if process is not None:
                if after:
                    target.sendall(data)
                    target.recv(65536)
                process.kill()
                self.struck += 1
                return
        super().relay(data, source, target)


def process_of(function: str, port: int) -> psutil.Process | None:
    """The one that runs this function and has this end of a connection."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("AWS_LAMBDA_FUNCTION_NAME") == function and any(
                connection.laddr and connection.laddr.port == port
                for connection in process.net_connections("tcp4")
            ):
                return process
        except psutil.Error:
            continue
    return None
