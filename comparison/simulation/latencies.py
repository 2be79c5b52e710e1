"""Published latencies as distributions: data/latencies.toml."""

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Self

from local.paths import ROOT

FILE = ROOT / "data" / "latencies.toml"
_Z99 = 2.3263478740408408
"""The normal distribution's quantile of 99 %."""


@dataclass(frozen=True)
class LogNormal:
    """In seconds."""

    mu: float
    sigma: float

    @classmethod
    def fitted(cls, p50: float, p99: float) -> Self:
        """The one with these two percentiles."""
        if not 0 < p50 <= p99:
            raise ValueError(f"no latency has a p50 of {p50} and a p99 of {p99}")
        return cls(math.log(p50), math.log(p99 / p50) / _Z99)

    @property
    def mean(self) -> float:
        return math.exp(self.mu + self.sigma**2 / 2)

    def times(self, factor: float) -> "LogNormal":
        """As wide in relation to its mean."""
        return LogNormal(self.mu + math.log(factor), self.sigma)

    def with_mean(self, mean: float) -> "LogNormal":
        return self.times(mean / self.mean)

    def sample(self, random: Random) -> float:
        return random.lognormvariate(self.mu, self.sigma)


@dataclass(frozen=True)
class Published:
    """In milliseconds."""

    p50: float
    p99: float
    source: str
    as_of: str = ""
    checked: bool = True


def entries(file: Path = FILE) -> dict[str, Published]:
    return {name: Published(**entry) for name, entry in tomllib.loads(file.read_text()).items()}


@dataclass(frozen=True)
class Latencies:
    sqs: LogNormal
    sns: LogNormal
    eventbridge: LogNormal
    gateway: LogNormal
    function: LogNormal
    start: LogNormal
    transaction: LogNormal

    @classmethod
    def published(cls, file: Path = FILE) -> Self:
        return cls(
            **{
                name: LogNormal.fitted(each.p50 / 1000, each.p99 / 1000)
                for name, each in entries(file).items()
            }
        )
