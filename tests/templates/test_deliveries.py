"""Publish/subscribe through EventBridge: a rule hands its subscriber what it needs, and no more."""

import json
from typing import Any

import pytest

import audit.model
import communication.model
import customer.model
import sales.model
from contracts.base import Contract
from contracts.events import PayerContact
from payments.acceptance import EVENTS
from tests.builders import NOW, payment_accepted
from tests.templates.channels import delivered, hears, rules
from tests.templates.cloudformation import Stack, arn_of
from tests.templates.conftest import EVENTBRIDGE, deployed
from tests.templates.test_functions import functions, variables

PAYMENT = payment_accepted().data
PAYER = PayerContact(name='Ada "the first" \\ Lovelace\n<requestId>', email="ada@example.com")
VIEWS: dict[str, type[Contract]] = {
    "CustomerQueue": customer.model.PaymentTaken,
    "SalesQueue": sales.model.PremiumPaid,
    "CommunicationQueue": communication.model.ConfirmationDue,
    "AuditQueue": audit.model.KeptEvent,
}
each_channel_of_eventbridge = pytest.mark.parametrize("name", EVENTBRIDGE)


def published(stack: Stack) -> list[dict[str, Any]]:
    """What Payments tells of one payment."""
    types = variables(functions(stack)["PaymentsApiFunction"])["PUBLISHED_EVENTS"].split(",")
    return [json.loads(EVENTS[name](PAYMENT, PAYER, NOW).model_dump_json()) for name in types]


def received(stack: Stack, queue: str) -> list[dict[str, Any]]:
    """What the rules of a queue hand over of one payment."""
    return [
        delivered(rule, {"detail-type": event["type"], "detail": event})
        for rule in rules(stack).values()
        if arn_of(rule["Targets"][0]["Arn"]) == queue
        for event in published(stack)
        if hears(rule, event)
    ]


def test_payments_publishes_what_the_channel_is_named_for() -> None:
    assert [event["type"] for event in published(deployed("pubsub-sns"))] == ["payment.accepted.v1"]
    assert len(published(deployed("pubsub-three-events"))) == 3
    assert len(published(deployed("pubsub-one-event"))) == 1


@each_channel_of_eventbridge
@pytest.mark.parametrize("queue", VIEWS)
def test_a_rule_hands_over_what_its_subscriber_reads(name: str, queue: str) -> None:
    stack = deployed(name)
    messages = received(stack, queue)

    assert len(messages) == (len(published(stack)) if queue == "AuditQueue" else 1)
    for message in messages:
        VIEWS[queue].model_validate(message)


@each_channel_of_eventbridge
@pytest.mark.parametrize("queue", ["CustomerQueue", "SalesQueue", "AuditQueue"])
def test_no_name_and_no_address_reaches_a_service_that_writes_to_nobody(
    name: str, queue: str
) -> None:
    messages = received(deployed(name), queue)

    assert messages
    for message in messages:
        assert "payer" not in message["data"]
        assert PAYER.email not in str(message)
        assert "Lovelace" not in str(message)


@each_channel_of_eventbridge
def test_sales_gets_neither_policy_nor_amount_in_an_events_data(name: str) -> None:
    (message,) = received(deployed(name), "SalesQueue")

    assert message["data"].keys() == {"requestId", "customerId", "product", "period"}


@each_channel_of_eventbridge
def test_a_name_arrives_as_the_customer_has_written_it(name: str) -> None:
    (message,) = received(deployed(name), "CommunicationQueue")

    assert message["data"]["payer"] == PAYER.model_dump()


def test_an_event_is_passed_on_under_its_own_id_type_and_time() -> None:
    stack = deployed("pubsub-one-event")
    (event,) = published(stack)
    envelope = {key: event[key] for key in event.keys() - {"data", "partitionkey"}}

    for queue in VIEWS:
        (message,) = received(stack, queue)
        assert {key: value for key, value in message.items() if key != "data"} == envelope
