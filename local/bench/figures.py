"""What a measurement yields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any, Self

_SHARE_OF_QUICK = 10


class NotMeasured(RuntimeError):
    """A figure could not be taken; the message says why."""


@dataclass(frozen=True)
class Summary:
    n: int
    min: float
    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Self:
        """Percentiles between neighbours are interpolated; of no samples, `ValueError`."""
        if not samples:
            raise ValueError("there are no samples to sum up")
        several = samples if len(samples) > 1 else [*samples, *samples]
        p95, p99 = (quantiles(several, n=100, method="inclusive")[p - 1] for p in (95, 99))
        return cls(len(samples), min(samples), median(samples), p95, p99, max(samples))


@dataclass(frozen=True)
class Figure:
    """One measured value; the target is the most that it should be."""

    name: str
    value: float
    unit: str = ""
    target: float | None = None
    samples: Sequence[float] = ()
    """What the value was made from, in the same unit."""
    beside: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Other series that belong to it, by a name with its unit."""
    note: str = ""

    @classmethod
    def median(cls, name: str, samples: Sequence[float], unit: str, **others: Any) -> Self:
        return cls(name, median(samples), unit, samples=samples, **others)

    @property
    def ratio(self) -> float | None:
        """Of the value to its target: above 1, the target is missed."""
        return None if self.target is None else self.value / self.target

    @property
    def summary(self) -> Summary | None:
        return Summary.of(self.samples) if self.samples else None


def repetitions(full: int, *, quick: bool) -> int:
    """How often to measure: a quick run is a trial of the bench, and its figures are rough."""
    return max(2, full // _SHARE_OF_QUICK) if quick else full
