"""The payments API as a client sees it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any, Self

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from local.paying.premiums import Premium

_TOKEN_REUSED_S = 1800
# Sent again with the same idempotency key: it was not done, or its outcome is unknown.
_REPEATED_STATUSES = frozenset({429, 502, 503, 504})


class NoAnswer(Exception):
    """The outcome is unknown, although the request was repeated."""


class Unreachable(Exception):
    """There is nobody at the API's address."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    location: str | None = None
    retry_after_s: float = 0.0

    @property
    def state(self) -> str | None:
        """Of the payment request; None when the answer is a refusal or an error."""
        return self.body.get("status") if self.status < 300 else None

    @property
    def refused(self) -> bool:
        return 400 <= self.status < 500 and self.status not in _REPEATED_STATUSES

    @property
    def reason(self) -> str:
        """Why it is refused (RFC 9457), or which steps have failed."""
        steps = [
            f"{step.get('service')}: {step.get('detail') or 'failed'}"
            for step in self.body.get("steps") or []
            if step.get("status") == "failed"
        ]
        errors = [
            f"{error.get('pointer') or error.get('header') or ''} {error.get('detail')}".strip()
            for error in self.body.get("errors") or []
        ]
        problem = self.body.get("detail") or self.body.get("title") or f"status {self.status}"
        return "; ".join(steps or errors) or str(problem)


class PaymentsApi:
    """`POST /payments` and `GET /payments/{requestId}` at any endpoint, with a token per customer.

    Requests that were not let through or whose outcome is unknown are repeated, with jittered
    backoff or when `Retry-After` says. Raises `NoAnswer` or `Unreachable` when that leads nowhere.
    """

    def __init__(self, url: str, token: Callable[[str], str], *, attempts: int = 7) -> None:
        self._url = url.rstrip("/")

        # The age makes a new key in time, before the token expires.
        @cache
        def cached_token(customer_id: str, _age: int) -> str:
            return token(customer_id)

        self._token = cached_token
        self._pool = urllib3.PoolManager(
            maxsize=16,
            timeout=urllib3.Timeout(connect=3, read=30),
            retries=urllib3.Retry(
                total=attempts - 1,
                connect=min(3, attempts - 1),
                redirect=False,
                allowed_methods=None,
                status_forcelist=_REPEATED_STATUSES,
                raise_on_status=False,
                backoff_factor=0.2,
                backoff_jitter=0.5,
                backoff_max=5,
                retry_after_max=30,
            ),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()

    def submit(self, premium: Premium) -> Answer:
        payment = {
            "policyId": premium.policy_id,
            "customer": {"id": premium.customer_id, "name": premium.name, "email": premium.email},
            "amount": {"value": premium.amount, "currency": premium.currency},
            "period": premium.period,
        }
        headers = {
            "Idempotency-Key": premium.idempotency_key,
            "Content-Type": "application/json",
        }
        body = json.dumps(payment).encode()
        return self._request("POST", "/payments", premium.customer_id, headers, body)

    def poll(self, accepted: Answer, customer_id: str) -> Answer:
        """The present state of a request that was accepted."""
        location = accepted.location or f"/payments/{accepted.body['requestId']}"
        return self._request("GET", location, customer_id, {}, None)

    def _request(
        self, method: str, location: str, customer: str, headers: dict[str, str], body: bytes | None
    ) -> Answer:
        # A path is relative to the API, which does not know what its public address begins with.
        url = self._url + location if location.startswith("/") else location
        token = self._token(customer, int(monotonic() / _TOKEN_REUSED_S))
        headers |= {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        try:
            response = self._pool.request(method, url, headers=headers, body=body)
        except MaxRetryError as error:
            if isinstance(error.reason, NewConnectionError | ConnectTimeoutError):
                raise Unreachable(f"nobody answers at {self._url}") from error
            raise NoAnswer(f"no answer: {error.reason}") from error
        except HTTPError as error:
            raise NoAnswer(f"no answer: {error}") from error
        return Answer(
            response.status,
            _json_object(response.data),
            response.headers.get("Location"),
            _seconds(response.headers.get("Retry-After")),
        )


def _json_object(data: bytes) -> dict[str, Any]:
    """What stands in between may answer with anything, such as a page of HTML."""
    try:
        body = json.loads(data)
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"detail": data[:200].decode(errors="replace")}


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.isdecimal() else 0.0
