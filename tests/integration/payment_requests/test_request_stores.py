"""Requests and their outbox in each store: PostgreSQL, as in Aurora, and DynamoDB."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from contracts.api import RequestStatus, StepStatus
from payment_requests import service, wiring
from runtime.errors import Unavailable
from tests.builders import NOW, outcome, payment_accepted, request
from tests.integration.conftest import TestDatabase
from tests.integration.payment_requests.conftest import Store

LATER = NOW + timedelta(hours=1)


def test_a_request_is_found_as_it_was_added(store: Store) -> None:
    added = request(pending=["sales", "communication", "analytics"])
    store.keep(added, request("other"))

    assert store.find(added.id) == added
    assert store.find(uuid4()) is None


def test_a_request_is_added_once(store: Store) -> None:
    store.keep(request())

    with pytest.raises((psycopg.errors.UniqueViolation, Unavailable)):
        store.keep(request())


def test_changed_steps_are_saved(store: Store) -> None:
    added = request(pending=["sales", "communication"])
    store.keep(added)
    report = outcome(added.id, StepStatus.RETRYING, at=LATER, detail="attempt 1 failed")

    store.save(added.after(report))

    assert store.find(added.id) == added.after(report)


def test_saving_one_request_leaves_the_others(store: Store) -> None:
    added, other = request(), request("other")
    store.keep(added, other)

    store.save(added.after(outcome(added.id)))

    assert store.find(other.id) == other


def test_overdue_are_old_requests_with_open_steps_the_oldest_first(
    store: Store,
) -> None:
    ages = {name: NOW - timedelta(minutes=n) for n, name in enumerate(("young", "old", "oldest"))}
    known = {name: request(name, now=at) for name, at in ages.items()}
    completed = request("completed", now=ages["oldest"], pending=[])
    failed = request("failed", now=ages["oldest"]).overdue(NOW)
    retrying = request("retrying", now=ages["old"] - timedelta(seconds=1))
    retrying = retrying.after(outcome(retrying.id, StepStatus.RETRYING))
    store.keep(*known.values(), completed, failed, retrying)

    found = store.overdue(NOW, limit=10)

    assert found == [known["oldest"].id, retrying.id, known["old"].id]
    assert store.overdue(NOW, limit=2) == found[:2]


def test_unpublished_are_old_events_the_oldest_first(store: Store) -> None:
    events = {name: payment_accepted() for name in ("young", "old", "oldest")}
    for n, (name, event) in enumerate(events.items()):
        store.add(request(name, now=NOW - timedelta(minutes=n)), [event])

    found = [event.id for event in store.unpublished(NOW, limit=10)]

    assert found == [events["oldest"].id, events["old"].id]
    assert [event.id for event in store.unpublished(NOW, limit=1)] == found[:1]


def test_an_event_leaves_the_outbox_as_it_came(store: Store) -> None:
    event = payment_accepted()
    store.add(request(), [event])

    (found,) = store.unpublished(LATER, limit=10)

    assert json.loads(found.model_dump_json()) == json.loads(event.model_dump_json())


def test_published_events_leave_the_outbox(store: Store) -> None:
    events = [payment_accepted() for _ in range(3)]
    store.add(request(), events)

    store.mark_published([event.id for event in events[:2]])
    store.mark_published([events[0].id, uuid4()])

    assert [event.id for event in store.unpublished(LATER, limit=10)] == [events[2].id]


@pytest.mark.parametrize("store", ["table"], indirect=True)
def test_reports_that_come_at_the_same_time_are_all_kept(store: Store) -> None:
    services = ["customer", "sales", "communication"]
    added = request(done=[], pending=services)
    store.keep(added)

    def report(name: str) -> None:
        done = outcome(added.id, service=name)
        wiring.transaction()(lambda requests: service.report(done, requests))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(report, services))

    found = store.find(added.id)
    assert found is not None
    assert found.status is RequestStatus.COMPLETED


@pytest.mark.parametrize("store", ["database"], indirect=True)
def test_nothing_personal_is_stored(db: TestDatabase, store: Store) -> None:
    store.add(request(), [payment_accepted()])

    stored = str(db.rows("SELECT r, s, o FROM requests r, steps s, outbox o"))
    assert "Lovelace" not in stored
    assert "ada@example.com" not in stored
