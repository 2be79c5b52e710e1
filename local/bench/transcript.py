"""What `make run` prints, read for the times of its phases."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from local.bench.figures import NotMeasured

PHASES = ("boot", "build", "deploy", "load", "pay")
_PHASE = re.compile(rf"^({'|'.join(PHASES)}) +([0-9]+\.[0-9]) s\b")
_FIRST = re.compile(r"^\s*first completed +([0-9]+\.[0-9]) s\b")


@dataclass(frozen=True)
class Line:
    text: str
    arrived_s: float
    """Since the start of `make`."""


@dataclass(frozen=True)
class Times:
    """In seconds."""

    phases: Mapping[str, float]
    """By name, in their order; the first is the set-up."""
    first_completed: float
    """Since the start of `make`."""


def read_times(lines: Iterable[Line]) -> Times:
    """Raises `NotMeasured` when a phase or the first payment is missing.

    The program counts from its own start: what `make` does before is the set-up.
    """
    arrived: dict[str, float] = {}
    seconds: dict[str, float] = {}
    first = None
    for line in lines:
        if phase := _PHASE.match(line.text):
            seconds[phase[1]], arrived[phase[1]] = float(phase[2]), line.arrived_s
        elif found := _FIRST.match(line.text):
            first = float(found[1])
    missing = [name for name in PHASES if name not in seconds]
    if missing or first is None:
        raise NotMeasured(f"the run printed no {', '.join(missing) or 'first completed payment'}")
    set_up = max(0.0, arrived["boot"] - seconds["boot"])
    phases = {"set-up": set_up, **{name: seconds[name] for name in PHASES}}
    return Times(phases, set_up + first)
