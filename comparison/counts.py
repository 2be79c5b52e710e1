"""What one payment takes of AWS in each variant: docs/comparison/counts.json.

Every figure says how it was obtained; a file in which one does not is refused.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

from local.paths import ROOT

FILE = ROOT / "docs" / "comparison" / "counts.json"


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, extra="forbid", frozen=True
    )


class How(StrEnum):
    COUNTED = "counted"
    """In a run on a local cloud."""
    DERIVED = "derived"
    """From the template, or from the code and AWS's rules of what it bills."""
    ASSUMED = "assumed"


class Obtained(_Model):
    how: How
    source: str


class Function(_Model):
    """A function's part of the work: all its invocations together."""

    invocations: float
    billed_ms: float
    memory_mb: int
    queue: str | None = None
    """What invokes it; none: a request or a schedule."""

    @property
    def gb_seconds(self) -> float:
        return self.billed_ms / 1000 * self.memory_mb / 1024


class Table(_Model):
    read_units: float = 0
    write_units: float = 0
    """Those of indexes included, those of transactions apart."""
    transactional_writes: float = 0
    """Items of up to 1 KB written in transactions: two units each."""
    stored_bytes: float = 0


class Database(_Model):
    dpu: float
    stored_bytes: float = 0


class Work(_Model):
    gateway_requests: float = 0
    functions: Mapping[str, Function]
    queues: Mapping[str, float] = {}
    """Messages, by the queue that they go through."""
    published: Mapping[str, float] = {}
    """Messages or events, by the channel: `sns` or `eventbridge`."""
    archived_bytes: float = 0
    calls: Mapping[str, float] = {}
    """Of AWS services, by operation. Prices are of what they do, which is in the other fields."""
    tables: Mapping[str, Table] = {}
    database: Database | None = None
    mails: float = 0
    log_bytes: float = 0
    """Of the functions' own lines: the runtime's come with each invocation."""


class Run(_Model):
    """A function that runs on a schedule, though there may be nothing to do."""

    per_month: float
    billed_ms: float
    memory_mb: int
    read_units: float = 0
    dpu: float = 0


class Idle(_Model):
    """What a stack takes in a month in which nobody pays."""

    runs: Mapping[str, Run]
    empty_receives: Mapping[str, float] = {}
    """By queue: Lambda asks it all the time."""
    alarm_metrics: int
    dashboards: int
    metrics: int
    """Custom ones, once payments come."""


class Variant(_Model):
    payment: Work
    poll: Work | None = None
    """One question of the client what became of its payment; none where the answer says it."""
    polls: float = 0
    """For each payment."""
    idle: Idle
    obtained: Mapping[str, Obtained]
    """By field: `payment.mails`."""

    @model_validator(mode="after")
    def _each_figure_is_obtained_somehow(self) -> Self:
        parts = {"payment": self.payment, "poll": self.poll, "idle": self.idle}
        given = {
            f"{name}.{to_camel(field)}"
            for name, part in parts.items()
            if part is not None
            for field in part.model_fields_set
        }
        if self.poll:
            given.add("polls")
        if given != set(self.obtained):
            raise ValueError(f"obtained does not fit: {sorted(given ^ set(self.obtained))}")
        return self


class Counts(_Model):
    written: str
    """When, and by what."""
    runtime_log_bytes: float
    """What Lambda itself logs of an invocation: START, END and REPORT."""
    variants: Mapping[str, Variant]


def load(file: Path = FILE) -> Counts:
    return Counts.model_validate_json(file.read_text())
