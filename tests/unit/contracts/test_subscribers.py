"""What Payments publishes, read by those who subscribe: each has its own view of an event."""

import json
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from audit.model import KeptEvent
from communication.model import ConfirmationDue
from contracts.events import Event
from customer.model import PaymentTaken
from sales.model import PremiumPaid
from tests.builders import confirmation, published, step_reported

ALL = "payment.accepted.v1"
OWN = {
    "payment.taken.v1": PaymentTaken,
    "premium.paid.v1": PremiumPaid,
    "confirmation.due.v1": ConfirmationDue,
}

every_subscriber = pytest.mark.parametrize(("own", "view"), OWN.items())


def fields(event: Event) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads(event.model_dump_json())
    return sent


def read(view: type[Event], event: dict[str, Any], **changes: Any) -> Event:
    return view.model_validate_json(json.dumps(event | changes))


@every_subscriber
def test_a_subscriber_reads_the_same_from_its_own_event_and_from_everybodys(
    own: str, view: type[Event]
) -> None:
    request_id = uuid4()
    event, everybodys = (fields(published(kind, request_id)) for kind in (own, ALL))

    assert read(view, event).data == read(view, everybodys).data


@every_subscriber
def test_of_everybodys_event_a_subscriber_needs_no_more_than_its_own_holds(
    own: str, view: type[Event]
) -> None:
    """A rule of EventBridge hands over no more than that."""
    event = fields(published(own))

    assert read(view, fields(published(ALL)), data=event["data"]).data == read(view, event).data


@every_subscriber
def test_a_subscriber_needs_all_that_its_own_event_holds(own: str, view: type[Event]) -> None:
    event = fields(published(own))

    for name in event["data"]:
        less = {key: value for key, value in event["data"].items() if key != name}
        with pytest.raises(ValidationError):
            read(view, event, data=less)


@every_subscriber
def test_fields_that_a_newer_producer_adds_are_ignored(own: str, view: type[Event]) -> None:
    for event in (fields(published(own)), fields(published(ALL))):
        newer = event["data"] | {"channel": "app", "method": {"kind": "card"}}

        assert read(view, event, data=newer, traceparent="00-1-2-01") == read(view, event)


@every_subscriber
@pytest.mark.parametrize(
    "change",
    [
        {"type": "payment.accepted.v2"},
        {"type": "payment.taken.v2"},
        {"type": "step.reported.v1"},
        {"specversion": "2.0"},
    ],
    ids=str,
)
def test_another_major_version_is_refused(
    own: str, view: type[Event], change: dict[str, str]
) -> None:
    with pytest.raises(ValidationError):
        read(view, fields(published(ALL)), **change)


@every_subscriber
def test_what_is_for_another_subscriber_is_refused(own: str, view: type[Event]) -> None:
    for other in OWN.keys() - {own}:
        with pytest.raises(ValidationError):
            read(view, fields(published(ALL)), type=other)


def test_communication_learns_what_it_confirms_and_to_whom() -> None:
    event = ConfirmationDue.model_validate_json(published().model_dump_json())

    assert event.data.confirmation == confirmation()


@pytest.mark.parametrize("view", [PaymentTaken, PremiumPaid])
def test_who_writes_no_mail_keeps_no_address(view: type[Event]) -> None:
    event = read(view, fields(published(ALL)))

    for personal in ("Lovelace", "example.com"):
        assert personal not in event.model_dump_json()


@pytest.mark.parametrize("kind", [ALL, *OWN])
def test_audit_keeps_every_event_but_who_the_payer_is(kind: str) -> None:
    event = fields(published(kind))
    kept = read(KeptEvent, event)

    rest = {key: value for key, value in event["data"].items() if key != "payer"}
    assert fields(kept) == event | {"data": rest}
    for personal in ("Lovelace", "example.com"):
        assert personal not in kept.model_dump_json()
        assert personal not in repr(kept)


def test_audit_keeps_reports() -> None:
    event = fields(step_reported(uuid4()))

    assert fields(read(KeptEvent, event)) == event


@pytest.mark.parametrize("kind", ["payment.accepted.v2", "policy.cancelled.v1"])
def test_audit_keeps_what_it_never_heard_of(kind: str) -> None:
    event = fields(published(ALL)) | {"type": kind, "data": {"requestId": str(uuid4()), "new": [1]}}

    assert fields(read(KeptEvent, event)) == event


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "0.3"},
        {"id": "1"},
        {"source": None},
        {"time": "yesterday"},
        {"data": {}},
        {"data": None},
    ],
    ids=str,
)
def test_audit_refuses_what_is_no_event_of_a_request(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(KeptEvent, fields(published(ALL)), **change)
