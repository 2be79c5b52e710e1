"""Events stay readable when their producer is newer, unless the major version tells otherwise."""

import json
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from contracts.api import StepStatus
from contracts.events import PaymentAccepted, StepReported, event_id
from sales.model import PremiumPaid
from tests.builders import payment_accepted, step_reported


def changed(text: str, **changes: object) -> str:
    return json.dumps(json.loads(text) | changes)


def test_an_event_survives_json() -> None:
    event = payment_accepted()

    assert PaymentAccepted.model_validate_json(event.model_dump_json()) == event


def test_an_event_is_a_cloud_event_in_camel_case() -> None:
    sent = json.loads(payment_accepted(UUID(int=1)).model_dump_json())

    assert sent.keys() == {"specversion", "id", "source", "type", "time", "data"}
    assert (sent["specversion"], sent["type"]) == ("1.0", "payment.accepted.v1")
    assert sent["data"] == {
        "requestId": str(UUID(int=1)),
        "policyId": "P-1",
        "customerId": "C-1",
        "product": "home",
        "amount": {"value": "49.90", "currency": "EUR"},
        "period": "2026-11",
    }


def test_an_event_names_the_customer_by_its_id_only() -> None:
    sent = payment_accepted().model_dump_json()

    assert "email" not in sent
    assert "name" not in sent


def test_fields_that_a_newer_producer_adds_are_ignored() -> None:
    event = payment_accepted()
    data = json.loads(event.model_dump_json())["data"] | {"channel": "app"}
    newer = changed(event.model_dump_json(), traceparent="00-1-2-01", data=data)

    assert PaymentAccepted.model_validate_json(newer) == event


@pytest.mark.parametrize(
    "change", [{"type": "payment.accepted.v2"}, {"type": "other"}, {"specversion": "2.0"}]
)
def test_another_major_version_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        PremiumPaid.model_validate_json(changed(payment_accepted().model_dump_json(), **change))


def test_an_event_without_a_type_is_not_guessed_at() -> None:
    event = json.loads(payment_accepted().model_dump_json())
    del event["type"]

    with pytest.raises(ValidationError, match="type"):
        PremiumPaid.model_validate_json(json.dumps(event))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError):
        StepReported.model_validate_json(
            changed(step_reported(uuid4()).model_dump_json(), time="2026-11-03T12:00:00")
        )


def test_nobody_reports_a_step_as_pending() -> None:
    report = json.loads(step_reported(uuid4()).model_dump_json())
    report["data"]["status"] = StepStatus.PENDING

    with pytest.raises(ValidationError):
        StepReported.model_validate_json(json.dumps(report))


def test_the_same_fact_about_the_same_request_always_has_the_same_id() -> None:
    request_id = uuid4()

    assert event_id(request_id, "payment.accepted") == event_id(request_id, "payment.accepted")
    assert event_id(request_id, "payment.accepted") != event_id(request_id, "sales.done")
    assert event_id(request_id, "payment.accepted") != event_id(uuid4(), "payment.accepted")
