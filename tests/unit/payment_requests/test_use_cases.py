"""Requests are found by their owner, follow their reports, and lose no event."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts.api import RequestStatus, StepStatus
from contracts.events import Event
from payment_requests.model import UnknownRequest
from payment_requests.service import find, publish, relay, report, sweep
from tests.builders import NOW, outcome, payment_accepted, request
from tests.fakes import MemoryPublisher, MemoryRequests

LATER = NOW + timedelta(hours=1)


class Crash(BaseException):
    """The function is killed."""


def test_a_client_finds_its_request() -> None:
    known = request()

    assert find(known.id, "C-1", MemoryRequests(known)) == known


def test_another_clients_request_looks_like_none() -> None:
    store = MemoryRequests(request())
    with pytest.raises(UnknownRequest) as foreign:
        find(request().id, "C-2", store)
    with pytest.raises(UnknownRequest) as unknown:
        find(uuid4(), "C-2", store)

    assert str(foreign.value) == str(unknown.value)


def test_a_report_changes_the_step() -> None:
    store = MemoryRequests(request())

    change = report(outcome(request().id), store)

    assert store.requests[request().id].status is RequestStatus.COMPLETED
    assert change == (request(), store.requests[request().id])


def test_a_report_that_tells_nothing_new_writes_nothing() -> None:
    store = MemoryRequests(request())
    report(outcome(request().id), store)

    assert report(outcome(request().id, StepStatus.RETRYING), store) is None
    assert store.saved == [request().id]


def test_a_report_on_an_unknown_request_is_an_error() -> None:
    unknown = uuid4()
    with pytest.raises(UnknownRequest, match=str(unknown)):
        report(outcome(unknown), MemoryRequests())


def marked(*events: Event) -> MemoryRequests:
    store = MemoryRequests()
    store.mark(NOW, *events)
    return store


def test_published_events_lose_their_mark() -> None:
    events = [payment_accepted(), payment_accepted()]
    store, publisher = marked(*events), MemoryPublisher()

    assert publish(events, store.transaction, publisher) == 2
    assert publisher.published == events
    assert not store.outbox


def test_refused_events_stay_marked() -> None:
    good, refused = payment_accepted(), payment_accepted()
    store = marked(good, refused)

    assert publish([good, refused], store.transaction, MemoryPublisher(refuses=[refused.id])) == 1
    assert list(store.outbox) == [refused.id]


def test_without_events_nobody_is_called() -> None:
    def unexpected(_: object) -> None:
        raise AssertionError("no transaction is needed")

    assert publish([], unexpected, MemoryPublisher()) == 0  # type: ignore[arg-type]


def test_after_a_crash_between_publishing_and_unmarking_the_relay_publishes_again() -> None:
    event = payment_accepted()
    store, publisher = marked(event), MemoryPublisher()

    def crash(_: object) -> None:
        raise Crash

    with pytest.raises(Crash):
        publish([event], crash, publisher)  # type: ignore[arg-type]

    assert relay(LATER, store.transaction, publisher) == (1, 1)
    assert publisher.published == [event, event]
    assert not store.outbox


def test_after_a_crash_before_publishing_the_relay_publishes() -> None:
    event = payment_accepted()
    store = marked(event)

    class Crashing:
        def publish(self, events: Sequence[Event]) -> list[UUID]:
            raise Crash

    with pytest.raises(Crash):
        publish([event], store.transaction, Crashing())

    publisher = MemoryPublisher()
    assert relay(LATER, store.transaction, publisher) == (1, 1)
    assert publisher.published == [event]


def test_the_relay_leaves_young_events_to_the_function_that_committed_them() -> None:
    old, young = payment_accepted(), payment_accepted()
    store, publisher = marked(old), MemoryPublisher()
    store.mark(LATER, young)

    assert relay(LATER, store.transaction, publisher) == (1, 1)
    assert publisher.published == [old]
    assert list(store.outbox) == [young.id]


def test_the_relay_takes_the_oldest_first_and_no_more_than_its_limit() -> None:
    events = [payment_accepted() for _ in range(3)]
    store, publisher = MemoryRequests(), MemoryPublisher()
    for minutes, event in zip((2, 1, 3), events, strict=True):
        store.mark(NOW + timedelta(minutes=minutes), event)

    assert relay(LATER, store.transaction, publisher, limit=2) == (2, 2)
    assert publisher.published == [events[1], events[0]]


def test_the_relay_tells_what_it_found_even_where_it_could_not_publish() -> None:
    event = payment_accepted()
    store = marked(event)

    assert relay(LATER, store.transaction, MemoryPublisher(refuses=[event.id])) == (1, 0)


def test_the_sweep_fails_requests_past_their_deadline() -> None:
    late, young = request("late"), request("young", now=LATER)
    store = MemoryRequests(late, young)

    (change,) = sweep(LATER, LATER, store.transaction)

    assert change == (late, store.requests[late.id])
    assert store.requests[late.id].status is RequestStatus.FAILED
    assert store.requests[young.id].status is RequestStatus.ACCEPTED


def test_the_sweep_leaves_completed_requests_alone() -> None:
    store = MemoryRequests(request(pending=[]))

    assert not list(sweep(LATER, LATER, store.transaction))


def test_a_request_that_completes_while_the_sweep_runs_stays_completed() -> None:
    class CompletedMeanwhile(MemoryRequests):
        def overdue(self, accepted_before: object, limit: int) -> list[UUID]:
            late = [request().id]
            report(outcome(late[0]), self)
            return late

    store = CompletedMeanwhile(request())

    assert not list(sweep(LATER, LATER, store.transaction))
    assert store.requests[request().id].status is RequestStatus.COMPLETED


def test_after_the_sweep_a_redriven_message_still_completes_the_request() -> None:
    store = MemoryRequests(request())
    list(sweep(LATER, LATER, store.transaction))

    report(outcome(request().id), store)

    assert store.requests[request().id].status is RequestStatus.COMPLETED
