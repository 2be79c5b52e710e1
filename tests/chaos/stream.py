"""Clients that pay: an open-loop stream, which does not wait for answers."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic, sleep
from uuid import UUID, uuid4

from urllib3.exceptions import HTTPError

from payment_requests.model import request_id
from tests.e2e.conftest import Customer

PER_SECOND = 4.0


@dataclass(frozen=True)
class Attempt:
    status: int
    """0 where there was no answer."""
    seconds: float

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Payment:
    customer: Customer
    policy_id: str
    key: str = field(default_factory=lambda: str(uuid4()))
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def id(self) -> UUID:
        return request_id(self.customer.id, self.key)

    @property
    def email(self) -> str:
        """Of this payment alone, so that its mails can be counted."""
        return f"success+{self.key}@simulator.amazonses.com"

    @property
    def is_accepted(self) -> bool:
        return any(attempt.is_good for attempt in self.attempts)

    def submit(self, token_lives: timedelta) -> None:
        payer = {"id": self.customer.id, "name": "Ada Lovelace", "email": self.email}
        body = self.customer.submission(policyId=self.policy_id, customer=payer)
        token = self.customer.token(lifetime=token_lives)
        began = monotonic()
        try:
            status = self.customer.pay(body, key=self.key, token=token).status
        except HTTPError:
            status = 0
        self.attempts.append(Attempt(status, monotonic() - began))


@dataclass(frozen=True)
class Clients:
    """How they pay."""

    at_once: int = 1
    """How often each sends the same request, at the same time."""
    token_lives: timedelta = timedelta(hours=1)
    poison_every: int = 0
    """Among so many payments there is one that no service understands."""


class Stream:
    """Payments, each sent at its own time by its own thread."""

    def __init__(self, clients: Clients, beside: Callable[[], None]) -> None:
        """`beside` is called with each payment."""
        self._clients = clients
        self._pool = ThreadPoolExecutor(64)
        self._sent: list[Future[None]] = []
        self._beside = beside

    def send(self, payments: Sequence[Payment]) -> None:
        """These, at an even pace; returns when the last is sent, answered or not."""
        began = monotonic()
        for number, payment in enumerate(payments):
            sleep(max(0.0, began + number / PER_SECOND - monotonic()))
            self._beside()
            for _ in range(self._clients.at_once):
                self._sent.append(self._pool.submit(payment.submit, self._clients.token_lives))

    def wait(self) -> None:
        """Until each is answered, or given up."""
        for sent in self._sent:
            sent.result()
        self._pool.shutdown()
