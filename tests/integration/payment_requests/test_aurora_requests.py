"""Requests and their outbox in PostgreSQL, as in Aurora."""

import json
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from contracts.api import StepStatus
from payment_requests.aurora import AuroraRequests
from payment_requests.model import PaymentRequest
from tests.builders import NOW, outcome, payment_accepted, request
from tests.dsql import PRODUCT
from tests.integration.conftest import TestDatabase

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def requests(db: TestDatabase) -> AuroraRequests:
    return AuroraRequests(db.connect(PRODUCT))


def keep(requests: AuroraRequests, *kept: PaymentRequest) -> None:
    for each in kept:
        requests.add(each, [])


def test_a_request_is_found_as_it_was_added(requests: AuroraRequests) -> None:
    added = request(pending=["sales", "communication", "analytics"])
    keep(requests, added, request("other"))

    assert requests.find(added.id) == added
    assert requests.find(uuid4()) is None


def test_a_request_is_added_once(requests: AuroraRequests) -> None:
    keep(requests, request())

    with pytest.raises(psycopg.errors.UniqueViolation):
        keep(requests, request())


def test_changed_steps_are_saved(requests: AuroraRequests) -> None:
    added = request(pending=["sales", "communication"])
    keep(requests, added)
    report = outcome(added.id, StepStatus.RETRYING, at=LATER, detail="attempt 1 failed")

    requests.save(added.after(report))

    assert requests.find(added.id) == added.after(report)


def test_saving_one_request_leaves_the_others(requests: AuroraRequests) -> None:
    added, other = request(), request("other")
    keep(requests, added, other)

    requests.save(added.after(outcome(added.id)))

    assert requests.find(other.id) == other


def test_overdue_are_old_requests_with_open_steps_the_oldest_first(
    requests: AuroraRequests,
) -> None:
    ages = {name: NOW - timedelta(minutes=n) for n, name in enumerate(("young", "old", "oldest"))}
    known = {name: request(name, now=at) for name, at in ages.items()}
    completed = request("completed", now=ages["oldest"], pending=[])
    failed = request("failed", now=ages["oldest"]).overdue(NOW)
    retrying = request("retrying", now=ages["old"] - timedelta(seconds=1))
    retrying = retrying.after(outcome(retrying.id, StepStatus.RETRYING))
    keep(requests, *known.values(), completed, failed, retrying)

    found = requests.overdue(NOW, limit=10)

    assert found == [known["oldest"].id, retrying.id, known["old"].id]
    assert requests.overdue(NOW, limit=2) == found[:2]


def test_unpublished_are_old_events_the_oldest_first(requests: AuroraRequests) -> None:
    events = {name: payment_accepted() for name in ("young", "old", "oldest")}
    for n, (name, event) in enumerate(events.items()):
        requests.add(request(name, now=NOW - timedelta(minutes=n)), [event])

    found = [event.id for event in requests.unpublished(NOW, limit=10)]

    assert found == [events["oldest"].id, events["old"].id]
    assert [event.id for event in requests.unpublished(NOW, limit=1)] == found[:1]


def test_an_event_leaves_the_outbox_as_it_came(requests: AuroraRequests) -> None:
    event = payment_accepted()
    requests.add(request(), [event])

    (found,) = requests.unpublished(LATER, limit=10)

    assert json.loads(found.model_dump_json()) == json.loads(event.model_dump_json())


def test_published_events_leave_the_outbox(requests: AuroraRequests) -> None:
    events = [payment_accepted() for _ in range(3)]
    requests.add(request(), events)

    requests.mark_published([event.id for event in events[:2]])
    requests.mark_published([events[0].id, uuid4()])

    assert [event.id for event in requests.unpublished(LATER, limit=10)] == [events[2].id]


def test_nothing_personal_is_stored(db: TestDatabase, requests: AuroraRequests) -> None:
    requests.add(request(), [payment_accepted()])

    stored = str(db.rows("SELECT r, s, o FROM requests r, steps s, outbox o"))
    assert "Lovelace" not in stored
    assert "ada@example.com" not in stored
