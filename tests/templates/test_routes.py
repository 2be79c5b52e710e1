"""Which event reaches whom in the publish/subscribe template, as `make check-routes` shows it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from local.paths import ROOT
from local.routes import samples
from local.routes.check import Checked, check
from local.routes.samples import Sample
from tests.templates.cloudformation import Stack, text
from tests.templates.conftest import deployed
from tests.templates.test_functions import functions, variables

type Reached = dict[str, dict[str, set[str]]]
"""Rules and subscriptions by topic or bus, and event."""

SAMPLES = samples.read(ROOT / "docs" / "events" / "examples")
REPORTS = [f"{service}/step.reported.v1" for service in ("customer", "sales", "communication")]

REPORTED = {event: {"StepReportedRule", "AuditRule"} for event in REPORTS}
TOPICS: Reached = {
    "topic PaymentsTopic": {
        "payments/payment.accepted.v1": {
            "CustomerSubscription",
            "SalesSubscription",
            "CommunicationSubscription",
            "AuditSubscription",
        },
    },
    "topic OutcomesTopic": {
        event: {"OutcomesSubscription", "AuditOutcomesSubscription"} for event in REPORTS
    },
}
THREE_EVENTS = REPORTED | {
    "payments/payment.taken.v1": {"CustomerRule", "AuditRule"},
    "payments/premium.paid.v1": {"SalesRule", "AuditRule"},
    "payments/confirmation.due.v1": {"CommunicationRule", "AuditPayerRule"},
}
ONE_EVENT = REPORTED | {
    "payments/payment.accepted.v1": {
        "CustomerRule",
        "SalesRule",
        "CommunicationRule",
        "AuditPayerRule",
    },
}
REACHED: dict[str, Reached] = {
    "Channel=sns, Delivery=standard, EventBus=default": TOPICS,
    "Channel=sns, Delivery=fifo, EventBus=default": TOPICS,
    "Channel=eventbridge-three-events, Delivery=standard, EventBus=default": {
        "bus default": THREE_EVENTS
    },
    "Channel=eventbridge-three-events, Delivery=standard, EventBus=own": {
        "bus PaymentsBus": THREE_EVENTS
    },
    "Channel=eventbridge-one-event, Delivery=standard, EventBus=default": {
        "bus default": ONE_EVENT
    },
    "Channel=eventbridge-one-event, Delivery=standard, EventBus=own": {
        "bus PaymentsBus": ONE_EVENT
    },
}


@pytest.fixture(scope="module")
def template() -> Mapping[str, Any]:
    return deployed("pubsub-sns").template


def reached(checked: Sequence[Checked]) -> dict[str, Reached]:
    return {
        each.parameters: {
            str(table.channel): {
                event: {route.name for route in table.routes if table.passes[route.name][event]}
                for event in table.events
            }
            for table in each.tables
        }
        for each in checked
    }


def test_every_event_reaches_those_who_work_on_it(template: Mapping[str, Any]) -> None:
    checked = check(template, SAMPLES, {})

    assert [fault for each in checked for fault in each.faults] == []
    assert reached(checked) == REACHED


def test_an_event_is_lost_without_its_rule_although_audit_hears_it(
    template: Mapping[str, Any],
) -> None:
    resources = {name: r for name, r in template["Resources"].items() if name != "SalesRule"}

    checked = check({**template, "Resources": resources}, SAMPLES, {"EventBus": "own"})

    assert [(each.parameters, fault) for each in checked for fault in each.faults] == [
        (
            "Channel=eventbridge-three-events, Delivery=standard, EventBus=own",
            "payments/premium.paid.v1 is lost: of bus PaymentsBus it passes none of"
            " CommunicationRule, CustomerRule, StepReportedRule.",
        )
    ]


def with_texts(value: Any, old: str, new: str) -> Any:
    """The value with every text in it replaced."""
    match value:
        case str():
            return re.sub(old, new, value)
        case dict():
            return {key: with_texts(item, old, new) for key, item in value.items()}
        case list():
            return [with_texts(item, old, new) for item in value]
    return value


def changed(old: str, new: str) -> dict[str, Sample]:
    return {
        name: replace(sample, content=with_texts(sample.content, old, new))
        for name, sample in SAMPLES.items()
    }


def test_the_next_major_version_reaches_the_same_who_then_refuse_it(
    template: Mapping[str, Any],
) -> None:
    newer = changed(r"^([a-z.]+)\.v1$", r"\1.v2")

    assert newer["payments/payment.accepted.v1"].content["detail-type"] == "payment.accepted.v2"
    assert reached(check(template, newer, {})) == REACHED


@pytest.mark.parametrize("other", ["other", "${AWS::StackName}-2", "${AWS::StackName}2"])
def test_rules_hear_nothing_of_another_stack_on_their_bus(
    template: Mapping[str, Any], other: str
) -> None:
    foreign = changed(r"^\$\{AWS::StackName\}\.", rf"{other}.")

    checked = check(template, foreign, {"Channel": "eventbridge-one-event", "EventBus": "default"})

    (found,) = reached(checked).values()
    assert found == {"bus default": {event: set() for event in ONE_EVENT}}


def test_the_functions_publish_what_their_metadata_say(pubsub_stack: Stack) -> None:
    for name, function in functions(pubsub_stack).items():
        metadata = pubsub_stack.resources[name].get("Metadata", {})
        said = {
            (text(entry["To"]), event)
            for entry in metadata.get("Publishes", [])
            for event in entry["Events"]
        }
        assert said == set(published(variables(function))), name


def published(environment: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Destination and sample of each event that a function with these variables may publish. The
    relay repeats what the API's function has stored.
    """
    service = environment.get("POWERTOOLS_SERVICE_NAME")
    if events := environment.get("PUBLISHED_EVENTS"):
        for event in events.split(","):
            yield text(environment["DESTINATION"]), f"{service}/{event}"
    if reports := environment.get("OUTCOMES_DESTINATION"):
        yield text(reports), f"{service}/step.reported.v1"
