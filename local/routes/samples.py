"""Sample events: one JSON file for each, in the form in which a bus or a topic passes it on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.routes.channels import Channel
from local.templates import NotUnderstood, Stack, text

_ON_A_BUS = ("source", "detail-type", "detail")
FORM = (
    "an event has source, detail-type and detail on a bus, Message and perhaps MessageAttributes"
    " on a topic"
)


@dataclass(frozen=True)
class Sample:
    """One that is published to buses and topics alike has `detail` for its message's body."""

    name: str
    content: Mapping[str, Any]

    def fits(self, channel: Channel) -> bool:
        """Whether it looks as if published there."""
        if channel.kind == "bus":
            return all(key in self.content for key in _ON_A_BUS)
        return "Message" in self.content or "MessageAttributes" in self.content

    def part(self, scope: str) -> Any:
        """What a rule or a filter policy of that scope looks at."""
        match scope:
            case "MessageBody":
                body = self.content.get("Message", self.content.get("detail"))
                return body if isinstance(body, str) else json.dumps(body)
            case "MessageAttributes":
                return self.content.get("MessageAttributes", {})
        return self.content

    def given(self, stack: Stack) -> "Sample":
        """With the values of the stack's parameters where it refers to them."""
        return Sample(self.name, _given(self.content, stack))


def read(folder: Path) -> dict[str, Sample]:
    """By name: a file's path in the folder, without its suffix."""
    samples = {}
    for path in sorted(folder.rglob("*.json")):
        name = str(path.relative_to(folder).with_suffix(""))
        samples[name] = Sample(name, _content(path))
    if not samples:
        raise NotUnderstood(f"there are no sample events (*.json) in {folder}")
    return samples


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise NotUnderstood(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict) or not (
        all(key in content for key in _ON_A_BUS) or "Message" in content
    ):
        raise NotUnderstood(f"{path} is no event: {FORM}")
    return content


def _given(value: Any, stack: Stack) -> Any:
    match value:
        case str():
            return text(stack.resolve({"Fn::Sub": value}))
        case dict():
            return {key: _given(item, stack) for key, item in value.items()}
        case list():
            return [_given(item, stack) for item in value]
    return value
