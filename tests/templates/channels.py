"""The topics, subscriptions and rules of a stack: what goes into which queue, and how."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.templates.cloudformation import Stack, arn_of, target

_VARIABLE = re.compile(r"<(\w+)>")


def subscriptions(stack: Stack) -> dict[str, dict[str, Any]]:
    return stack.of_type("AWS::SNS::Subscription")


def rules(stack: Stack) -> dict[str, dict[str, Any]]:
    """Those that wait for events."""
    every = stack.of_type("AWS::Events::Rule")
    return {name: rule for name, rule in every.items() if "EventPattern" in rule}


def schedules(stack: Stack) -> dict[str, dict[str, Any]]:
    every = stack.of_type("AWS::Events::Rule")
    return {name: rule for name, rule in every.items() if "ScheduleExpression" in rule}


def undelivered(stack: Stack) -> set[str]:
    """The queues for what a subscription or a rule cannot deliver."""
    policies = [subscription["RedrivePolicy"] for subscription in subscriptions(stack).values()]
    configs = [one["DeadLetterConfig"] for rule in rules(stack).values() for one in rule["Targets"]]
    return {
        *(arn_of(policy["deadLetterTargetArn"]) for policy in policies),
        *(arn_of(config["Arn"]) for config in configs),
    }


def kind(rule: Mapping[str, Any]) -> str:
    """The type of the events that a rule waits for, without the version."""
    match rule["EventPattern"].get("detail-type"):
        case None:
            return "all"
        case [{"prefix": str(prefix)}]:
            return prefix.removesuffix(".v")
        case other:
            raise AssertionError(f"{other} is no beginning of a type")


def hears(rule: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether the rule waits for such an envelope: for its type, and for one with a payer or
    without.
    """
    if kind(rule) != "all" and not event["type"].startswith(f"{kind(rule)}.v"):
        return False
    match rule["EventPattern"].get("detail"):
        case None:
            return True
        case {"data": {"payer": {"name": [{"exists": bool(exists)}]}}}:
            return ("payer" in event["data"]) is exists
        case other:
            raise AssertionError(f"{other} is no question for a payer")


def bus(stack: Stack) -> str | None:
    """The name that the rules have for their bus; none where there is no bus."""
    names = {
        name if isinstance(name := rule["EventBusName"], str) else target(name)
        for rule in rules(stack).values()
    }
    assert len(names) <= 1, names
    return next(iter(names), None)


def delivered(rule: Mapping[str, Any], event: Mapping[str, Any]) -> Any:
    """What the rule's target gets of an event on the bus."""
    (invoked,) = rule["Targets"]
    if "InputPath" in invoked:
        return _at(event, invoked["InputPath"])
    transformer = invoked["InputTransformer"]
    values = {name: _at(event, path) for name, path in transformer["InputPathsMap"].items()}
    # Quotation marks around a text, but nothing escaped within.
    written = {
        name: f'"{value}"' if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
    }
    return json.loads(_VARIABLE.sub(lambda found: written[found[1]], transformer["InputTemplate"]))


def _at(event: Any, path: str) -> Any:
    for name in path.removeprefix("$.").split("."):
        event = event[name]
    return event
