"""The services of a pattern: their functions over PostgreSQL, and what is in memory around them."""

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from http import HTTPStatus
from types import ModuleType
from typing import Any, override
from uuid import UUID

import pytest

import communication.consumer
import communication.internal_api
import customer.api
import customer.consumer
import customer.internal_api
import payment_requests.consumer
import payment_requests.dynamodb
import payment_requests.relay
import payment_requests.sweep
import payments.acceptance_api
import payments.api
import payments.resume
import runtime.consumer
import sales.consumer
import sales.internal_api
from payment_requests.premiums import Policy
from payment_requests.relay import NotPublished
from runtime import aws, publishers
from runtime.database import database
from runtime.errors import Unavailable
from tests.builders import LambdaContext, api_event, policy, sqs_event, sqs_record
from tests.integration.properties.aws import (
    Item,
    MemoryDynamoDb,
    MemoryQueues,
    MemorySes,
    Message,
    Queue,
)
from tests.integration.properties.faults import Faults, Killed

CUSTOMER = "C-1"
POLICIES = ("P-1", "P-2")
MAX_RECEIVE_COUNT = 3
TOPIC = "arn:aws:sns:us-east-1:000000000000:payments"
URL = "https://sqs.example"
SETTINGS = {
    "QUEUE_URL": URL,
    "MAX_RECEIVE_COUNT": str(MAX_RECEIVE_COUNT),
    "RETRY_DELAY_SECONDS": "1",
    "RELAY_AGE_SECONDS": "30",
    "STEP_DEADLINE_SECONDS": "900",
    "MARK_RETENTION_DAYS": "90",
    "LEADS_TABLE": "leads",
    "CONFIRMATIONS_TABLE": "confirmations",
    "ORDERS_TABLE": "orders",
    "SENDER": "no-reply@insurance.example",
    "SUBSCRIBERS": "sales",
    "PUBLISHED_EVENTS": "payment.accepted.v1",
}
_CACHES = (
    communication.consumer.wiring,
    communication.internal_api.wiring,
    customer.api.app,
    customer.api.settings,
    customer.consumer.settings,
    payment_requests.consumer.settings,
    payment_requests.dynamodb.settings,
    payment_requests.relay.settings,
    payment_requests.sweep.settings,
    payments.acceptance_api.app,
    payments.acceptance_api.settings,
    payments.api.app,
    payments.api.orders,
    payments.api.settings,
    payments.resume.settings,
    publishers.publisher,
    sales.consumer.wiring,
    sales.internal_api.leads,
)
_CLOCKS = (
    communication.consumer,
    communication.internal_api,
    customer.api,
    customer.internal_api,
    payment_requests.relay,
    payment_requests.sweep,
    payments.acceptance_api,
    payments.api,
    payments.resume,
    runtime.consumer,
)

type Payment = tuple[str, str]
"""The policy, and the period that is paid."""

type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Answer:
    """What a client got; no status where the function ended without any."""

    status: int | None
    body: dict[str, Any]

    @property
    def is_accepted(self) -> bool:
        return self.status in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED)

    @property
    def is_definite(self) -> bool:
        """Whether the client knows what became of the payment."""
        return self.status is not None and self.status < HTTPStatus.INTERNAL_SERVER_ERROR


class World(ABC):
    """What every pattern has."""

    api: ModuleType
    consumers: dict[str, Handler] = {}  # noqa: RUF012
    subscribers: dict[str, list[str]] = {}  # noqa: RUF012
    settings: dict[str, str] = {}  # noqa: RUF012
    keeps_requests = True
    """Whether a request that is known stays so, and is completed some day."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = datetime(2026, 11, 3, 12, tzinfo=UTC)
        self.faults = Faults(happened=self._fault_happened)
        self.mails: Counter[str] = Counter()
        self.may_repeat: Counter[str] = Counter()
        """How many mails more than one an address may have got."""
        self._unsettled: str | None = None
        """Whose mail SES has taken, and Communication has not noted."""
        self.dynamodb = MemoryDynamoDb(self.faults, self._written)
        self.sqs = MemoryQueues(self.faults, self.subscribers)
        self.sqs.queues = {queue_url: Queue() for queue_url in self.consumers}
        ses = MemorySes(self.faults, self._mailed)
        for name, value in (SETTINGS | self.settings).items():
            patch.setenv(name, value)
        for cached in _CACHES:
            cached.cache_clear()
        for name, client in {
            "dynamodb": self.dynamodb,
            "sqs": self.sqs,
            "sns": self.sqs,
            "ses": ses,
        }.items():
            patch.setattr(aws, name, lambda client=client: client)
        for module in _CLOCKS:
            patch.setattr(module, "datetime", self._clock())
        self.faults.at_commits(patch)
        self._load([policy(id, customer_id=CUSTOMER) for id in POLICIES])

    @abstractmethod
    def _load(self, policies: Sequence[Policy]) -> None:
        """Into the service that decides."""

    @abstractmethod
    def relay(self) -> None:
        """Goes on with what was left."""

    @abstractmethod
    def sweep(self) -> None:
        """Gives up what has taken too long."""

    def pay(self, key: str, payment: Payment) -> Answer:
        policy_id, period = payment
        body = {
            "policyId": policy_id,
            "customer": {"id": CUSTOMER, "name": "Ada", "email": address(key, payment)},
            "amount": {"value": "49.90", "currency": "EUR"},
            "period": period,
        }
        return self._call("POST", "/payments", body, key)

    def request(self, request_id: UUID) -> dict[str, Any]:
        answer = self._call("GET", f"/payments/{request_id}")
        assert answer.status == HTTPStatus.OK, answer
        return answer.body

    def deliver(self, queue_url: str, messages: Sequence[Message]) -> None:
        """Hands the messages over. Where the function is killed, all of them come again."""
        queue = self.sqs.queues[queue_url]
        for message in messages:
            message.receives += 1
        records = [
            sqs_record(message.body, receives=message.receives) | {"messageId": message.id}
            for message in messages
        ]
        try:
            answer = self.consumers[queue_url](sqs_event(*records), LambdaContext())
            again = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        except Killed:
            again = {message.id for message in messages}
        for message in messages:
            if message.id not in again:
                queue.waiting.remove(message)
            elif message.receives >= MAX_RECEIVE_COUNT:
                queue.waiting.remove(message)
                queue.dead.append(message)

    def redrive(self) -> None:
        for queue in self.sqs.queues.values():
            for message in queue.dead:
                message.receives = 0
            queue.waiting += queue.dead
            queue.dead = []

    def ledger(self) -> list[tuple[UUID, str, str]]:
        rows = database().transaction(
            lambda connection: connection.execute(
                "SELECT request_id, policy_id, period FROM payments"
            ).fetchall()
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def leads(self) -> int:
        """How many payments Sales has counted."""
        lead = self.dynamodb.items.get(("leads", f"CUSTOMER#{CUSTOMER}", ""))
        return int(lead["payments"]["N"]) if lead else 0

    def outbox(self) -> int:
        marks = [key for key in self.dynamodb.items if key[1].startswith("OUTBOX#")]
        (count,) = database().transaction(
            lambda connection: connection.execute("SELECT count(*) FROM outbox").fetchall()
        )
        return len(marks) + int(count[0])

    def _call(self, method: str, path: str, body: Any = None, key: str = "") -> Answer:
        event = api_event(
            method, path, body=body, headers={"Idempotency-Key": key}, subject=CUSTOMER
        )
        try:
            answer = self.api.handler(event, LambdaContext())
        except Killed:
            return Answer(None, {})
        return Answer(answer["statusCode"], json.loads(answer["body"]))

    def _scheduled(self, handler: Handler) -> None:
        try:
            handler({}, LambdaContext())
        except (Killed, Unavailable, NotPublished, ExceptionGroup):
            return  # it runs again

    def _mailed(self, recipient: str) -> None:
        self.mails[recipient] += 1
        self._unsettled = recipient

    def _written(self, item: Item) -> None:
        if "sentAt" in item:
            self._unsettled = None

    def _fault_happened(self) -> None:
        if self._unsettled:
            self.may_repeat[self._unsettled] += 1
            self._unsettled = None

    def _clock(self) -> type[datetime]:
        world = self

        class Clock(datetime):
            @classmethod
            @override
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return world.now.astimezone(tz)

        return Clock


def address(key: str, payment: Payment) -> str:
    """The payer's, by which a test knows whose mail it is."""
    return f"{key}-{'-'.join(payment)}@example.com"
