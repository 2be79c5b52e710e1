"""How long clients and services take: measured here, but for the channels, which are ranked by what
others have published of AWS.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from comparison.guide import family
from comparison.measured import Interval, Measured, Times, ranked
from comparison.page.charts import Mark, Spread, decades, spreads
from comparison.page.figure import Badge, Chart, Figure, Section
from comparison.simulation.latencies import Published
from comparison.tables import table
from comparison.units import milliseconds, number

_TICKS = {
    3.0: "3 ms", 10.0: "10 ms", 30.0: "30 ms", 100.0: "0.1 s", 300.0: "0.3 s", 1e3: "1 s",
    3e3: "3 s", 1e4: "10 s", 3e4: "30 s", 1e5: "100 s", 3e5: "300 s",
}  # fmt: skip
CHANNELS = "pubsub-*"

type What = Literal["answered", "done"]
WHAT: tuple[What, ...] = ("answered", "done")


def section(measured: Measured, published: Mapping[str, Published]) -> Section:
    loads = next(iter(measured.variants.values())).loads
    premiums = sum(load.payments for load in loads)
    return Section(
        "times",
        "How long it takes",
        f"{premiums:,} premiums of a month came at several rates, each payment at its"
        " time whether or not the ones before it were answered, through each variant in turn."
        " Everything shared one machine: where the ranges of two variants overlap, they tie.",
        [
            _figure(measured, "answered", "Until the client has its answer"),
            _figure(measured, "done", "Until every service is done"),
            _channels(published),
        ],
    )


def standings(times: Mapping[str, Interval]) -> list[list[str]]:
    """From the shortest to the longest, ties together. Local times do not rank the channels: they
    are one entry, from the least to the most of any.
    """
    channels = [times[name] for name in times if family(name) == "pubsub"]
    others = {name: time for name, time in times.items() if family(name) != "pubsub"}
    if channels:
        low, high = min(c.low for c in channels), max(c.high for c in channels)
        middle = sorted(c.value for c in channels)[len(channels) // 2]
        others[CHANNELS] = Interval(value=middle, low=low, high=high)
    return ranked(others)


def told(groups: list[list[str]]) -> str:
    return ", then ".join(" and ".join(group) + " (a tie)" * (len(group) > 1) for group in groups)


def between(interval: Interval) -> str:
    low, high = milliseconds(interval.low), milliseconds(interval.high)
    return f"{milliseconds(interval.value)} ({low} to {high})"


def medians(measured: Measured, rate: float, what: What) -> dict[str, Interval]:
    return {name: found.p50 for name, found in _at(measured, rate, what).items()}


def _figure(measured: Measured, what: What, title: str) -> Figure:
    rates = sorted({load.offered for each in measured.variants.values() for load in each.loads})
    found = {rate: _at(measured, rate, what) for rate in rates}
    ends = [end for t in found.values() for times in t.values() for end in _ends(times)]
    ticks = decades(ends, _TICKS)
    return Figure(
        id=what,
        title=title,
        badges=[Badge.MEASURED],
        charts=[
            Chart(
                f"{number(rate)} payments a second",
                spreads(
                    f"{title}, at {number(rate)} payments a second: "
                    + "; ".join(f"{name} {between(t.p50)}" for name, t in by_name.items()),
                    [_row(name, times) for name, times in by_name.items()],
                    ticks,
                ),
            )
            for rate, by_name in found.items()
        ],
        legend=[("first", "half of the payments (p50)"), ("second", "19 of 20 (p95)")],
        says=[
            *(
                f"At {number(rate)} a second: {told(standings(medians(measured, rate, what)))}."
                for rate in rates
            ),
            f"Dots are medians of {measured.rounds} rounds, lines reach from the least of the"
            " rounds to the most. The three channels count as one: this machine cannot rank them.",
        ],
        table=table(
            ["variant", "payments a second", "payments", "p50", "p95", "p99"],
            _rows(found),
        ),
    )


def _at(measured: Measured, rate: float, what: What) -> dict[str, Times]:
    return {
        name: load.answered if what == "answered" else load.done
        for name, variant in measured.variants.items()
        for load in variant.loads
        if load.offered == rate
    }


def _ends(times: Times) -> tuple[float, float]:
    return times.p50.low, times.p95.high


def _row(name: str, times: Times) -> Spread:
    marks = [
        Mark(each.value, each.low, each.high, kind)
        for each, kind in ((times.p95, "second"), (times.p50, "first"))
    ]
    return Spread(name, milliseconds(times.p50.value), marks)


def _rows(found: Mapping[float, Mapping[str, Times]]) -> Iterator[list[str]]:
    for rate, by_name in found.items():
        for name, times in by_name.items():
            intervals = (times.p50, times.p95, times.p99)
            yield [name, number(rate), str(times.n), *(between(each) for each in intervals)]


_HOPS = {
    "decouple": ("sqs", "Amazon SQS"),
    "pubsub-sns": ("sns", "Amazon SNS"),
    "pubsub-three-, one-event": ("eventbridge", "Amazon EventBridge"),
}


def _channels(published: Mapping[str, Published]) -> Figure:
    rows, cells = [], []
    for names, (hop, service) in _HOPS.items():
        of = published[hop]
        says = f"{milliseconds(of.p50)} to {milliseconds(of.p99)}"
        rows.append(Spread(names, says, [Mark(of.p50, of.p50, of.p99)]))
        cells.append([names, service, milliseconds(of.p50), milliseconds(of.p99), of.source])
    order = ", ".join(f"{service} {p50} to {p99}" for _, service, p50, p99, _ in cells)
    hops = [published[hop] for hop, _ in _HOPS.values()]
    ticks = decades([end for hop in hops for end in (hop.p50, hop.p99)], _TICKS)
    return Figure(
        id="channels",
        title="The channels, on AWS",
        badges=[Badge.PUBLISHED],
        charts=[
            Chart(
                "From sending to a function’s begin",
                spreads(f"Published latencies of a hop, p50 to p99: {order}", rows, ticks),
            )
        ],
        legend=[("first", "p50, and the line up to p99")],
        says=[
            "Channels are ranked by these figures alone. LocalStack’s SNS and EventBridge are other"
            " programs than AWS’s, so what this machine measures of them ranks nothing.",
            "SNS and EventBridge lead to a queue here, which adds a hop of SQS to each.",
        ],
        table=table(["variant", "channel", "p50", "p99", "source"], cells),
    )
