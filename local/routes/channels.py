"""What a template says of its buses and topics: which routes lead on from them, and what is
published to them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal, NamedTuple

from local.templates import NotUnderstood, Stack, text

_RULE = "AWS::Events::Rule"
_BUS = "AWS::Events::EventBus"
_TOPIC = "AWS::SNS::Topic"
_SUBSCRIPTION = "AWS::SNS::Subscription"
_ROUTING = {_RULE, _BUS, _TOPIC, _SUBSCRIPTION}
_RESOURCE = re.compile(r"\$\{(\w+)(\.\w+)?\}")
# Not within a pseudo parameter, such as ${AWS::Region}.
_IN_AN_ARN = re.compile(r"(?<!:)[:/](?!:)")


class Channel(NamedTuple):
    kind: Literal["bus", "topic"]
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Route:
    """A bus's rule or a topic's subscription, and what it lets pass of what `scope` names."""

    name: str
    channel: Channel
    scope: Literal["Event", "MessageAttributes", "MessageBody"]
    pattern: Mapping[str, Any]
    observer: bool
    """It hears what is meant for others: an event that nobody else hears is lost."""
    leads: bool
    """It has a target."""


class Publication(NamedTuple):
    event: str
    channel: Channel


def routing(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template with only those resources, or what they publish, that make its routes."""
    resources = {}
    for name, resource in template["Resources"].items():
        if not isinstance(resource, dict) or "Type" not in resource:
            raise NotUnderstood(f"{name} has no Type")
        if resource["Type"] in _ROUTING:
            resources[name] = resource
        elif published := metadata(resource).get("Publishes"):
            about = {key: resource[key] for key in ("Type", "Condition") if key in resource}
            resources[name] = {**about, "Metadata": {"Publishes": published}}
    return {**template, "Resources": resources}


@dataclass(frozen=True)
class Channels:
    stack: Stack

    @cached_property
    def routes(self) -> list[Route]:
        return [*self._rules(), *self._subscriptions()]

    @cached_property
    def all(self) -> set[Channel]:
        return {
            *(Channel("bus", name) for name in self.stack.of_type(_BUS)),
            *(Channel("topic", name) for name in self.stack.of_type(_TOPIC)),
            *(route.channel for route in self.routes),
        }

    @cached_property
    def publications(self) -> set[Publication]:
        """What the resources say in their Metadata that they publish."""
        return {
            Publication(event, self._destination(name, entry["To"]))
            for name, resource in self.stack.resources.items()
            for entry in _checked(name, metadata(resource).get("Publishes", []))
            for event in entry["Events"]
        }

    def _rules(self) -> Iterator[Route]:
        """A rule with no pattern is a schedule, and one that is disabled hears nothing."""
        for name, rule in self.stack.of_type(_RULE).items():
            if "EventPattern" in rule and rule.get("State") != "DISABLED":
                bus = Channel("bus", self._name(rule.get("EventBusName", "default")))
                leads = bool(rule.get("Targets"))
                yield self._route(name, bus, "Event", rule["EventPattern"], leads=leads)

    def _subscriptions(self) -> Iterator[Route]:
        for name, subscription in self.stack.of_type(_SUBSCRIPTION).items():
            topic = Channel("topic", self._name(subscription.get("TopicArn")))
            scope = subscription.get("FilterPolicyScope", "MessageAttributes")
            yield self._route(name, topic, scope, subscription.get("FilterPolicy", {}))
        for name, properties in self.stack.of_type(_TOPIC).items():
            for number, _ in enumerate(properties.get("Subscription") or [], start=1):
                route = f"{name}.Subscription.{number}"
                yield self._route(route, Channel("topic", name), "MessageAttributes", {})

    def _route(
        self, name: str, channel: Channel, scope: Any, pattern: Any, *, leads: bool = True
    ) -> Route:
        observer = metadata(self.stack.resources.get(name, {})).get("Observer", False)
        return Route(name, channel, scope, _object(name, pattern), observer, leads)

    def _destination(self, publisher: str, reference: Any) -> Channel:
        name = self._name(reference)
        for channel in (Channel("topic", name), Channel("bus", name)):
            if channel in self.all or channel == ("bus", "default"):
                return channel
        raise NotUnderstood(f"{publisher} publishes to {name}, which is no bus or topic of it")

    def _name(self, reference: Any) -> str:
        """The logical id where it is a resource of the template, else the name."""
        match reference:
            case {"Fn::ImportValue": exported}:
                return text(exported)
        written = text(reference)
        if found := _RESOURCE.fullmatch(written):
            return found[1]
        name = _IN_AN_ARN.split(written)[-1] if written.startswith("arn:") else written
        return self._ids.get(name, name)

    @cached_property
    def _ids(self) -> dict[str, str]:
        """The logical ids of buses and topics by their names."""
        named = {**self.stack.of_type(_BUS), **self.stack.of_type(_TOPIC)}
        return {
            text(properties[key]): id
            for id, properties in named.items()
            for key in ("Name", "TopicName")
            if key in properties
        }


def metadata(resource: Mapping[str, Any]) -> dict[str, Any]:
    found = resource.get("Metadata")
    return found if isinstance(found, dict) else {}


def _checked(publisher: str, published: Any) -> list[dict[str, Any]]:
    match published:
        case list() if all(
            isinstance(entry, dict) and entry.keys() == {"To", "Events"} for entry in published
        ):
            return published
    raise NotUnderstood(
        f"{publisher}'s Metadata.Publishes is {published}, and not a list of"
        " {To: a bus or a topic, Events: [the name of a sample event, ...]}"
    )


def _object(route: str, pattern: Any) -> dict[str, Any]:
    """CloudFormation takes JSON in a text, too."""
    try:
        found = json.loads(pattern) if isinstance(pattern, str) else _referring(route, pattern)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    raise NotUnderstood(f"{route} waits for {json.dumps(pattern)}, which is no JSON object")


def _referring(route: str, pattern: Any) -> Any:
    """With references to resources as texts, `${Name}`: a sample event has them so, too."""
    match pattern:
        case {**items} if any(key == "Ref" or str(key).startswith("Fn::") for key in items):
            try:
                return text(pattern)
            except NotUnderstood as error:
                waited = json.dumps(pattern, default=str)
                raise NotUnderstood(f"{route} waits for {waited}: write out the value") from error
        case date():
            return text(pattern)
        case dict():
            return {key: _referring(route, item) for key, item in pattern.items()}
        case list():
            return [_referring(route, item) for item in pattern]
    return pattern
