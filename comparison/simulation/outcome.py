"""What became of the payments of a simulated rush."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

ORDERS = "orders to resume"
HORIZON_S = 86_400.0
"""A rush that is not worked off within a day is left as it is."""


@dataclass(frozen=True)
class Backlog:
    """The longest that something had to wait for."""

    where: str = ""
    most: float = 0
    """Messages or orders that waited at the same time."""
    oldest_s: float = 0

    @property
    def is_of_orders(self) -> bool:
        """That wait to be resumed, and not for a report."""
        return self.where == ORDERS


@dataclass(frozen=True)
class Percentiles:
    """In seconds."""

    p50: float
    p99: float


@dataclass(frozen=True)
class Outcome:
    arrived: float
    done: float
    """By every service."""
    refused: Mapping[str, float] = field(default_factory=dict)
    """By who refused: `gateway`, `lambda`, or the `store`."""
    in_flight: float = 0
    answered: Percentiles | None = None
    completed: Percentiles | None = None
    backlog: Backlog = Backlog()
    drained_s: float | None = None
    """From the last arrival until nothing waits; None where that is beyond the horizon."""
    method: str = "events"
    """Or `fluid`."""

    @property
    def refused_share(self) -> float:
        return sum(self.refused.values()) / self.arrived if self.arrived else 0.0


def percentiles(times: Sequence[float]) -> Percentiles | None:
    if not times:
        return None
    ordered = sorted(times)
    last = len(ordered) - 1
    return Percentiles(ordered[round(last * 0.5)], ordered[round(last * 0.99)])


def weighted(times: Sequence[tuple[float, float]]) -> Percentiles | None:
    """Of pairs of a time and how often it occurs."""
    if not any(weight > 0 for _, weight in times):
        return None
    ordered = sorted(times)
    reached = list(accumulate(weight for _, weight in ordered))

    def percentile(share: float) -> float:
        return ordered[bisect_left(reached, share * reached[-1])][0]

    return Percentiles(percentile(0.5), percentile(0.99))
