"""Requests and their outbox in a table of DynamoDB, within a transaction that the caller runs."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import TypeAdapter

from contracts.events import Event, StoredEvent
from payment_requests.model import PaymentRequest
from runtime import aws, dynamodb
from runtime.dynamodb import NEW, TableTransaction, delete, instant, oldest, shard
from runtime.settings import Settings

if TYPE_CHECKING:
    from runtime.dynamodb import Item

OPEN_INDEX = "open"
OUTBOX_INDEX = "outbox"
_REQUEST = "REQUEST#"
_OUTBOX = "OUTBOX#"
_request = TypeAdapter(PaymentRequest)


class TableSettings(Settings):
    """`requests_table`: where the requests are, which expire after some days."""

    requests_table: str
    mark_retention_days: int


class DynamoDbRequests:
    """Items `REQUEST#<id>`: the request as JSON, its version, and when the item expires; those with
    open steps are in the index `open`. Items `OUTBOX#<event id>`: events to be published, all in
    the index `outbox`.
    """

    def __init__(self, transaction: TableTransaction, retention_days: int) -> None:
        self._transaction = transaction
        self._retention_days = retention_days
        self._versions: dict[UUID, int] = {}

    def add(self, request: PaymentRequest, events: Sequence[Event]) -> None:
        """Stores the request with the mark that these events are to be published."""
        self._transaction.put(self._item(request, version=1), NEW)
        for event in events:
            mark: Item = {
                "pk": {"S": f"{_OUTBOX}{event.id}"},
                "event": {"S": event.model_dump_json()},
                "outboxShard": shard(event.id.int),
                "markedAt": instant(request.accepted_at),
            }
            self._transaction.put(mark, NEW)

    def find(self, request_id: UUID) -> PaymentRequest | None:
        item = self._transaction.get(f"{_REQUEST}{request_id}")
        if item is None:
            return None
        self._versions[request_id] = int(item["version"]["N"])
        return _request.validate_json(item["request"]["S"])

    def save(self, request: PaymentRequest) -> None:
        version = self._versions[request.id]
        self._transaction.put(
            self._item(request, version + 1),
            "version = :found",
            {":found": {"N": str(version)}},
        )

    def overdue(self, accepted_before: datetime, limit: int) -> list[UUID]:
        items = oldest(
            self._transaction.table, OPEN_INDEX, "openShard", "acceptedAt", accepted_before, limit
        )
        return [UUID(item["pk"]["S"].removeprefix(_REQUEST)) for item in items]

    def unpublished(self, marked_before: datetime, limit: int) -> list[Event]:
        items = oldest(
            self._transaction.table, OUTBOX_INDEX, "outboxShard", "markedAt", marked_before, limit
        )
        return [StoredEvent.model_validate_json(item["event"]["S"]) for item in items]

    def mark_published(self, event_ids: Sequence[UUID]) -> None:
        """At once, and without a transaction: a mark that stays is only published again."""
        delete(self._transaction.table, [f"{_OUTBOX}{event_id}" for event_id in event_ids])

    def _item(self, request: PaymentRequest, version: int) -> "Item":
        item: Item = {
            "pk": {"S": f"{_REQUEST}{request.id}"},
            "request": {"S": _request.dump_json(request).decode()},
            "version": {"N": str(version)},
            "expiresAt": aws.expires_in(self._retention_days),
        }
        if any(step.is_open for step in request.steps):
            item["openShard"] = shard(request.id.int)
            item["acceptedAt"] = instant(request.accepted_at)
        return item


@cache
def settings() -> TableSettings:
    return TableSettings.from_environment()


def transaction[Result](work: Callable[[DynamoDbRequests], Result]) -> Result:
    """Runs the work in one transaction of this function's table."""

    def with_requests(table: TableTransaction) -> Result:
        return work(DynamoDbRequests(table, settings().mark_retention_days))

    return dynamodb.transaction(settings().requests_table, with_requests)
