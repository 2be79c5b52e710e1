"""A figure of the page: charts, the same as a table, and how it was obtained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup

from comparison.counts import Counts, How
from comparison.tables import Table


class Badge(StrEnum):
    """How a figure was obtained."""

    MEASURED = "measured here"
    COUNTED = "counted"
    LISTED = "list price"
    PUBLISHED = "published"
    SIMULATED = "simulated"
    DERIVED = "derived"
    ASSUMED = "assumed"

    @property
    def slug(self) -> str:
        return self.value.replace(" ", "-")


MEANINGS: Mapping[Badge, str] = {
    Badge.MEASURED: "timed in the run named above, on one machine's local cloud",
    Badge.COUNTED: "calls, messages or answers, counted in a run",
    Badge.LISTED: "AWS's list price, dated and sourced in data/prices.toml",
    Badge.PUBLISHED: "somebody else's measurement on AWS, sourced in data/latencies.toml",
    Badge.SIMULATED: "computed by make simulate from published latencies and quotas",
    Badge.DERIVED: "from the templates, or from the code and AWS's rules of billing",
    Badge.ASSUMED: "said to be so, and by whom in docs/comparison/counts.json",
}
_OF_COUNTS = {
    How.COUNTED: Badge.COUNTED,
    How.DERIVED: Badge.DERIVED,
    How.ASSUMED: Badge.ASSUMED,
}


def badges_of(counts: Counts, *prefixes: str) -> tuple[Badge, ...]:
    """How the fields of counts.json that begin so were obtained."""
    found = {
        _OF_COUNTS[obtained.how]
        for variant in counts.variants.values()
        for field, obtained in variant.obtained.items()
        if field.startswith(prefixes)
    }
    return tuple(badge for badge in Badge if badge in found)


@dataclass(frozen=True)
class Chart:
    caption: str
    svg: Markup


@dataclass(frozen=True)
class Figure:
    id: str
    title: str
    badges: Sequence[Badge]
    table: Table
    charts: Sequence[Chart] = ()
    legend: Sequence[tuple[str, str]] = ()
    """Classes of swatches, and what they stand for."""
    says: Sequence[str] = ()
    is_table_first: bool = False
    """The table is the figure, and not what is behind the charts."""

    def __post_init__(self) -> None:
        if not self.badges:
            raise ValueError(f"{self.id} does not say how it was obtained")


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    introduction: str
    figures: Sequence[Figure]
