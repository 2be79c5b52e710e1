"""Sales' queue, when its messages come twice, malformed, or from another version."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.e2e.conftest import Backstage, Customer, Json
from tests.eventually import eventually

pytestmark = pytest.mark.parametrize("stack", ["decouple"], indirect=True)


def payment_accepted(customer: Customer, request_id: str, **changes: object) -> Json:
    """The event as Customer publishes it."""
    return {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "customer",
        "type": "payment.accepted.v1",
        "time": datetime.now(UTC).isoformat(),
        "data": {
            "requestId": request_id,
            "policyId": customer.policy_id,
            "customerId": customer.id,
            "product": "motor",
            "amount": {"value": "49.90", "currency": "EUR"},
            "period": "2026-11",
        },
    } | changes


def test_a_message_that_comes_again_has_no_second_effect(
    customer: Customer, backstage: Backstage
) -> None:
    request_id = customer.request()
    customer.wait_until("completed", request_id)
    reported_at = customer.ask(request_id).json()["steps"][1]["at"]

    for _ in range(12):  # more than one batch
        backstage.send("SalesQueueUrl", json.dumps(payment_accepted(customer, request_id)))
    backstage.wait_until_drained()

    lead = backstage.lead(customer.id)
    assert lead is not None
    assert lead["payments"] == {"N": "1"}
    view = customer.ask(request_id).json()
    assert (view["status"], view["steps"][1]["at"]) == ("completed", reported_at)


def test_copies_of_a_new_message_that_come_at_once_count_once(
    customer: Customer, backstage: Backstage
) -> None:
    request_id = new_request_of(customer, backstage)
    event = json.dumps(payment_accepted(customer, request_id))

    with ThreadPoolExecutor(max_workers=5) as pool:
        list(pool.map(lambda _: backstage.send("SalesQueueUrl", event), range(12)))
    backstage.wait_until_drained()

    lead = backstage.lead(customer.id)
    assert lead is not None
    assert lead["payments"] == {"N": "1"}
    assert customer.ask(request_id).json()["status"] == "completed"


def test_a_poison_message_goes_to_the_dead_letter_queue_and_delays_nobody(
    new_customer: Callable[[], Customer], backstage: Backstage
) -> None:
    poison = f"not JSON {uuid4()}"
    backstage.send("SalesQueueUrl", poison)

    good = new_customer()
    good.wait_until("completed", good.request())

    eventually(
        lambda: backstage.dead_letter("SalesDeadLetterQueueUrl", poison),
        "the poison message is in the dead-letter queue",
    )


def test_a_message_of_an_unknown_version_is_refused_to_the_dead_letter_queue(
    customer: Customer, backstage: Backstage
) -> None:
    request_id = str(uuid4())
    event = payment_accepted(customer, request_id, type="payment.accepted.v2")

    backstage.send("SalesQueueUrl", json.dumps(event))

    eventually(
        lambda: backstage.dead_letter("SalesDeadLetterQueueUrl", request_id),
        "the unknown version is in the dead-letter queue",
    )
    assert backstage.lead(customer.id) is None


def test_a_field_that_sales_does_not_know_is_ignored(
    customer: Customer, backstage: Backstage
) -> None:
    request_id = customer.request()
    customer.wait_until("completed", request_id)
    other = new_request_of(customer, backstage)
    event = payment_accepted(customer, other, priority="high")
    event["data"]["discount"] = "none"

    backstage.send("SalesQueueUrl", json.dumps(event))

    eventually(
        lambda: (backstage.lead(customer.id) or {}).get("payments") == {"N": "2"},
        "the lead counts the event",
    )


def new_request_of(customer: Customer, backstage: Backstage) -> str:
    """A request that is in the database, and of which Sales has not heard."""
    request_id = str(uuid4())
    backstage.sql(
        "INSERT INTO requests (request_id, subject, fingerprint, accepted_at)"
        " VALUES (%s, %s, 'none', now())",
        request_id,
        customer.id,
    )
    backstage.sql(
        "INSERT INTO steps (request_id, service, position, status, changed_at)"
        " VALUES (%s, 'sales', 0, 'pending', now())",
        request_id,
    )
    return request_id


def test_a_report_about_an_unknown_request_is_kept_in_the_dead_letter_queue(
    customer: Customer, backstage: Backstage
) -> None:
    request_id = str(uuid4())

    backstage.send("SalesQueueUrl", json.dumps(payment_accepted(customer, request_id)))

    eventually(
        lambda: backstage.dead_letter("OutcomesDeadLetterQueueUrl", request_id),
        "the report is in the dead-letter queue",
    )


def test_an_event_that_the_relay_publishes_again_has_no_second_effect(
    customer: Customer, backstage: Backstage
) -> None:
    request_id = customer.request()
    customer.wait_until("completed", request_id)
    event = payment_accepted(customer, request_id)
    backstage.sql(
        "INSERT INTO outbox (event_id, event, marked_at) VALUES (%s, %s, now() - interval '1 day')",
        event["id"],
        json.dumps(event),
    )

    backstage.invoke("OutboxRelayFunction")
    backstage.wait_until_drained()

    assert backstage.sql("SELECT 1 FROM outbox WHERE event_id = %s", event["id"]) == []
    lead = backstage.lead(customer.id)
    assert lead is not None
    assert lead["payments"] == {"N": "1"}


def test_the_sweep_fails_a_step_that_nobody_reported_and_leaves_the_others(
    customer: Customer, backstage: Backstage
) -> None:
    overdue, recent = (new_request_of(customer, backstage) for _ in range(2))
    backstage.sql(
        "UPDATE requests SET accepted_at = now() - interval '1 day' WHERE request_id = %s", overdue
    )

    backstage.invoke("OverdueSweepFunction")

    view = customer.ask(overdue).json()
    assert (view["status"], view["steps"][0]["status"]) == ("failed", "failed")
    assert "deadline" in view["steps"][0]["detail"]
    assert customer.ask(recent).json()["status"] == "accepted"


def test_the_customers_name_and_email_are_kept_nowhere(
    customer: Customer, backstage: Backstage
) -> None:
    request_id = customer.request()
    customer.wait_until("completed", request_id)

    for table in ("requests", "steps", "outbox", "payments"):
        rows = str(backstage.sql(f"SELECT * FROM {table}"))
        assert "Lovelace" not in rows
        assert "simulator.amazonses.com" not in rows
