"""The sample events of every function of every template, with the outcomes that events/ states."""

import json
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from local.paths import ROOT
from local.templates import read
from local.variants import VARIANTS

EVENTS = ROOT / "events"
OUTCOMES = tomllib.loads((EVENTS / "outcomes.toml").read_text())
STACKS = {"apigw": "apigw-single", "decouple": "decouple", "pubsub": "pubsub-sns"}
"""A variant for each template."""


class Sample(NamedTuple):
    template: str
    function: str
    case: str

    @property
    def path(self) -> Path:
        return EVENTS / self.function / f"{self.case}.json"

    @property
    def stack(self) -> str:
        return STACKS[self.template]

    @property
    def outcome(self) -> Any:
        """KeyError when none is stated."""
        stated = OUTCOMES[self.function]
        return stated.get(self.template, {}).get(self.case) or stated[self.case]

    def __str__(self) -> str:
        return f"{self.template}-{self.function}-{self.case}"

    def check(self, answer: str) -> None:
        """Fails when that is not the stated outcome."""
        assert is_part(self.outcome, json.loads(answer)), f"{self}: {answer}"


@cache
def samples() -> list[Sample]:
    return list(_samples())


def one_per_function() -> list[Sample]:
    """The first sample of each function of each template."""
    found: dict[tuple[str, str], Sample] = {}
    for sample in samples():
        found.setdefault((sample.template, sample.function), sample)
    return list(found.values())


def first() -> list[Sample]:
    """Those that others rely on, in order."""
    return [
        sample
        for name in OUTCOMES["first"]
        for sample in samples()
        if name == f"{sample.function}/{sample.case}"
    ]


def _samples() -> Iterator[Sample]:
    for template, variant in STACKS.items():
        for function, resource in sorted(read(VARIANTS[variant].template)["Resources"].items()):
            if resource["Type"] == "AWS::Serverless::Function":
                for path in sorted((EVENTS / function).glob("*.json")):
                    yield Sample(template, function, path.stem)


def is_part(expected: Any, answer: Any) -> bool:
    """Whether the answer is what is expected, but for keys that nothing is said of."""
    match expected:
        case dict():
            found = json.loads(answer) if isinstance(answer, str) else answer
            return isinstance(found, dict) and all(
                name in found and is_part(value, found[name]) for name, value in expected.items()
            )
        case list():
            return (
                isinstance(answer, list)
                and len(answer) == len(expected)
                and all(map(is_part, expected, answer))
            )
    return bool(expected == answer)
