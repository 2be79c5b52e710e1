"""Calls from one service to another through its gateway: signed, and within the caller's time."""

import os
import random
import ssl
import time
from collections.abc import Callable
from functools import cache, cached_property
from typing import overload

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from pydantic import ValidationError
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from contracts.api import ProblemDetails
from contracts.base import Contract
from runtime.circuit_breaker import CircuitBreaker, CircuitBreakerOpenError
from runtime.errors import NotDone, OutcomeUnknown, Refused
from runtime.logs import logger

_SUCCESS = frozenset({200, 204})
_REFUSED = frozenset({409, 422})
# Whoever answers so has done nothing: the gateway, or the service at its door. A 400 too: the two
# services do not agree on the contract, which no client can help.
_TURNED_AWAY = frozenset({400, 401, 403, 404, 405, 413, 415})
_THROTTLED = 429

_BACKOFF_SECONDS = 0.2
# In less time there would hardly be an answer, so a call would only make its outcome unknown.
_LEAST_SECONDS = 0.2
_MOST_BYTES = 1024 * 1024
_CHUNK_BYTES = 64 * 1024


class Downstream(Contract):
    """Where a service is: `url` is what comes before the paths of its routes.

    An attempt has failed that is not connected, or not answered, within these seconds.
    """

    url: str
    connect_seconds: float = 0.5
    read_seconds: float


class _NotReached(NotDone):
    """There is no connection to the service."""


class _Throttled(NotDone):
    """The service wants to be asked again, after `seconds` at the earliest."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class _CutShort(OutcomeUnknown):
    """The caller's deadline came before the service's time was over."""


class ServiceClient:
    """One service, called over connections that outlive invocations.

    Calls must be idempotent: one that did not reach the service, was throttled, or has no known
    outcome is repeated once, after a back-off with jitter. A `deadline` is an instant of
    `time.monotonic`, and holds for the call as a whole. Paths are taken as they are. Calls raise

    - NotDone: the service did nothing. It was not reached, turned the call away, or was not called,
      as there is no time left or it keeps failing (see CircuitBreaker);
    - OutcomeUnknown: an attempt may have had its effect. There was no answer in time, or none that
      says what was done;
    - Refused: the service says that it will not do this, and why.

    Each of these is logged.
    """

    def __init__(
        self,
        name: str,
        downstream: Downstream,
        breaker_failures: int = 5,
        breaker_recovery_seconds: int = 30,
    ) -> None:
        self._name = name
        self._downstream = downstream
        self._breaker = CircuitBreaker(
            name,
            breaker_failures,
            breaker_recovery_seconds,
            failure=(_NotReached, OutcomeUnknown),
            no_sign=_CutShort,
        )

    @overload
    def put(self, path: str, body: Contract, deadline: float) -> None: ...

    @overload
    def put[Answer: Contract](
        self, path: str, body: Contract, deadline: float, answer: type[Answer]
    ) -> Answer: ...

    def put[Answer: Contract](
        self, path: str, body: Contract, deadline: float, answer: type[Answer] | None = None
    ) -> Answer | None:
        """What the service answers: such a contract, or nothing where none is named."""
        content = body.model_dump_json().encode()
        parse = _nothing if answer is None else answer.model_validate_json
        return self._call("PUT", path, content, deadline, parse)

    def get[Answer: Contract](self, path: str, deadline: float, answer: type[Answer]) -> Answer:
        """What the service answers: such a contract."""
        return self._call("GET", path, None, deadline, answer.model_validate_json)

    def _call[Answer](
        self,
        method: str,
        path: str,
        body: bytes | None,
        deadline: float,
        parse: Callable[[bytes], Answer],
    ) -> Answer:
        try:
            return self._attempts(
                lambda: self._exchange(method, path, body, deadline, parse), deadline
            )
        except (NotDone, OutcomeUnknown, Refused) as error:
            about = {
                "service_called": self._name,
                "method": method,
                "path": path.partition("?")[0],
                "kind": _kind(error),
                "reason": str(error),
            }
            logger.warning("call failed", extra=about)
            raise

    def _attempts[Answer](self, exchange: Callable[[], Answer], deadline: float) -> Answer:
        try:
            return self._attempt(exchange, deadline)
        except _Throttled as error:
            _back_off(error, deadline, error.seconds)
            return self._attempt(exchange, deadline)
        except _NotReached as error:
            _back_off(error, deadline)
            return self._attempt(exchange, deadline)
        except OutcomeUnknown as error:
            _back_off(error, deadline)
            try:
                return self._attempt(exchange, deadline)
            except NotDone as last:
                raise error from last

    def _attempt[Answer](self, exchange: Callable[[], Answer], deadline: float) -> Answer:
        if time.monotonic() + _LEAST_SECONDS > deadline:
            raise NotDone(f"no time is left to call {self._name}")
        try:
            return self._breaker.call(exchange)
        except CircuitBreakerOpenError as error:
            raise NotDone(f"{self._name} keeps failing and is not called for now") from error

    def _exchange[Answer](
        self,
        method: str,
        path: str,
        body: bytes | None,
        deadline: float,
        parse: Callable[[bytes], Answer],
    ) -> Answer:
        try:
            status, headers, content = self._send(method, path, body, deadline)
        except OutcomeUnknown as error:
            if time.monotonic() < deadline:
                raise
            raise _CutShort(str(error)) from error
        said = f"{self._name} answered {status}"
        if status in _SUCCESS:
            try:
                return parse(content)
            except ValueError as error:
                raise OutcomeUnknown(f"{said} with something else than agreed") from error
        if status in _REFUSED:
            try:
                problem = ProblemDetails.model_validate_json(content)
            except ValidationError as error:
                raise OutcomeUnknown(f"{said} without saying why") from error
            raise Refused(status, problem.detail)
        if status == _THROTTLED:
            raise _Throttled(said, _seconds(headers.get("Retry-After", "")))
        if status in _TURNED_AWAY:
            raise NotDone(said)
        raise OutcomeUnknown(said)

    def _send(
        self, method: str, path: str, body: bytes | None, deadline: float
    ) -> tuple[int, urllib3.HTTPHeaderDict, bytes]:
        url = self._downstream.url + path
        connect, read = self._downstream.connect_seconds, self._downstream.read_seconds
        began = time.monotonic()
        end = min(deadline, began + connect + read)
        try:
            with connections().request(
                method,
                url,
                body=body,
                headers=self._signed_headers(method, url, body),
                timeout=urllib3.Timeout(total=end - began, connect=connect, read=read),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            ) as response:
                return response.status, response.headers, self._content(response, end)
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise _NotReached(f"{self._name} was not reached") from error
        except HTTPError as error:
            raise OutcomeUnknown(f"{self._name}: {type(error).__name__}") from error

    def _content(self, response: urllib3.BaseHTTPResponse, end: float) -> bytes:
        content = b""
        while chunk := response.read1(_CHUNK_BYTES):
            content += chunk
            left = end - time.monotonic()
            if left <= 0 or len(content) > _MOST_BYTES:
                raise OutcomeUnknown(f"{self._name} answered too slowly or too much")
            # The socket's time-out is for each piece of an answer, and begins again with the next.
            if isinstance(response.connection, HTTPConnection) and response.connection.sock:
                response.connection.sock.settimeout(left)
        return content

    def _signed_headers(self, method: str, url: str, body: bytes | None) -> dict[str, str]:
        headers = {} if body is None else {"Content-Type": "application/json"}
        request = AWSRequest(method, url, headers=headers, data=body)
        credentials = self._credentials.get_frozen_credentials()
        SigV4Auth(credentials, "execute-api", os.environ["AWS_REGION"]).add_auth(request)
        return dict(request.headers.items())

    @cached_property
    def _credentials(self) -> Credentials:
        credentials = (boto3.DEFAULT_SESSION or boto3.Session()).get_credentials()
        if credentials is None:
            raise NoCredentialsError
        return credentials


@cache
def connections() -> urllib3.PoolManager:
    # One context for all, as each reads the trust store: about 30 ms of CPU.
    return urllib3.PoolManager(maxsize=10, ssl_context=ssl.create_default_context())


def _back_off(error: Exception, deadline: float, least_seconds: float = 0) -> None:
    """Waits for the next attempt; raises the error of the last where there is no time for one."""
    seconds = least_seconds + random.uniform(0, _BACKOFF_SECONDS)
    if time.monotonic() + seconds + _LEAST_SECONDS > deadline:
        raise error
    time.sleep(seconds)


def _kind(error: NotDone | OutcomeUnknown | Refused) -> str:
    return next(k.__name__ for k in (NotDone, OutcomeUnknown, Refused) if isinstance(error, k))


def _nothing(content: bytes) -> None:
    if content:
        raise ValueError("expected no content")


def _seconds(retry_after: str) -> float:
    """Of a date, which the header may also be, nothing is known here: 0."""
    return float(retry_after) if retry_after.isdecimal() else 0
