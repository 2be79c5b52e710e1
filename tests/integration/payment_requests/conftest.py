"""The stores of requests, as the environment names them to the functions."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from contracts.events import Event
from local.cloud import Cloud
from payment_requests import wiring
from payment_requests.dynamodb import settings
from payment_requests.model import PaymentRequest
from tests.integration.conftest import TestDatabase, dynamodb_table


class Store:
    """The requests, every call in a transaction of its own."""

    def add(self, request: PaymentRequest, events: Sequence[Event]) -> None:
        self._do(lambda requests: requests.add(request, events))

    def keep(self, *requests: PaymentRequest) -> None:
        for each in requests:
            self.add(each, [])

    def find(self, request_id: UUID) -> PaymentRequest | None:
        found: PaymentRequest | None = self._do(lambda requests: requests.find(request_id))
        return found

    def save(self, request: PaymentRequest) -> None:
        def save(requests: Any) -> None:
            requests.find(request.id)
            requests.save(request)

        self._do(save)

    def overdue(self, accepted_before: datetime, limit: int) -> list[UUID]:
        ids: list[UUID] = self._do(lambda requests: requests.overdue(accepted_before, limit))
        return ids

    def unpublished(self, marked_before: datetime, limit: int) -> list[Event]:
        events: list[Event] = self._do(lambda requests: requests.unpublished(marked_before, limit))
        return events

    def mark_published(self, event_ids: Sequence[UUID]) -> None:
        self._do(lambda requests: requests.mark_published(event_ids))

    def _do(self, work: Any) -> Any:
        return wiring.transaction()(work)


@pytest.fixture(params=["database", "table"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each store in turn, empty."""
    request.getfixturevalue(f"_{request.param}")
    return Store()


@pytest.fixture
def _database(db: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("REQUESTS_TABLE", raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def _table(aws_clients: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with dynamodb_table(aws_clients, "RequestsTable") as name:
        monkeypatch.setenv("REQUESTS_TABLE", name)
        monkeypatch.setenv("MARK_RETENTION_DAYS", "90")
        settings.cache_clear()
        yield
    settings.cache_clear()
