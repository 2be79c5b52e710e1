"""The rounds of a rate, summed up: a percentile is the median of theirs, between their extremes."""

from collections.abc import Sequence
from statistics import median

from comparison.measured import Interval, Times
from local.bench.figures import Summary


def interval(values: Sequence[float]) -> Interval:
    return Interval(
        value=_figure(median(values)), low=_figure(min(values)), high=_figure(max(values))
    )


def times(rounds: Sequence[Sequence[float]]) -> Times:
    summaries = [Summary.of(each) for each in rounds]
    return Times(
        n=sum(summary.n for summary in summaries),
        p50=interval([summary.p50 for summary in summaries]),
        p95=interval([summary.p95 for summary in summaries]),
        p99=interval([summary.p99 for summary in summaries]),
    )


def _figure(milliseconds: float) -> float:
    """No more digits than mean anything."""
    return round(milliseconds, 1)
