"""What a run of `make compare` measured on a local cloud: docs/comparison/measured.json.

Times are of one machine, on which everything shares two cores and one LocalStack: they compare
variants where the intervals do not overlap, and say nothing about AWS.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from local.paths import ROOT

FILE = ROOT / "docs" / "comparison" / "measured.json"


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, extra="forbid", frozen=True
    )


class Interval(_Model):
    """The median of the rounds, and the least and the most of them."""

    value: float
    low: float
    high: float

    def ties_with(self, other: Self) -> bool:
        return self.low <= other.high and other.low <= self.high


class Times(_Model):
    """Milliseconds, of so many payments in all rounds."""

    n: int
    p50: Interval
    p95: Interval
    p99: Interval


class Load(_Model):
    """Payments that came at a rate, whatever became of them."""

    offered: float
    """Payments a second."""
    payments: int
    """Those that are wrong on purpose included."""
    completed: int
    refused: Mapping[str, int]
    """By status. Those that are wrong on purpose, where nobody else is turned away."""
    answered: Times
    """Until the client had its answer."""
    done: Times
    """From the request until every service was done, as the services report."""


class Function(_Model):
    """A function's part of one payment."""

    invocations: float
    billed_ms: Interval
    memory_mb: int

    @property
    def gb_seconds(self) -> float:
        return self.billed_ms.value / 1000 * self.memory_mb / 1024


class Template(_Model):
    file: str
    lines: int
    resources: int
    """Those that this variant has, as SAM and the conditions leave them."""


class Variant(_Model):
    loads: tuple[Load, ...]
    """From the lowest rate to the highest."""
    calls: Mapping[str, float]
    """Of AWS services for one payment, by operation: `dynamodb.PutItem`."""
    messages: Mapping[str, float]
    """For one payment, by the queue that they go through."""
    functions: Mapping[str, Function]
    template: Template


class Measured(_Model):
    at: str
    commit: str
    machine: str
    seconds: float
    rounds: int
    variants: Mapping[str, Variant]


def load(file: Path = FILE) -> Measured:
    return Measured.model_validate_json(file.read_text())


def write(measured: Measured, file: Path = FILE) -> None:
    file.write_text(measured.model_dump_json(by_alias=True, indent=1) + "\n")


def ranked(times: Mapping[str, Interval]) -> list[list[str]]:
    """From the shortest to the longest; those in a group tie with the first of it."""
    groups: list[list[str]] = []
    for name in sorted(times, key=lambda each: times[each].value):
        if groups and times[groups[-1][0]].ties_with(times[name]):
            groups[-1].append(name)
        else:
            groups.append([name])
    return groups
