"""What a comparison has found, as a table to end a run with."""

from collections.abc import Callable, Mapping
from operator import attrgetter

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from comparison import cost
from comparison.counts import Counts
from comparison.levers import Levers
from comparison.measured import Interval, Load, Measured, Variant
from comparison.prices import Prices
from comparison.simulation.validation import validate

_NOTES = (
    "Milliseconds are measured here: the median of the rounds' p50, between the least and the most"
    " of them. Where these overlap, variants tie. They compare no channels: of those published"
    " latencies of AWS tell (make simulate).",
    "Requests, calls and messages are counted, for one payment; USD are list prices (make cost).",
)


def show(console: Console, measured: Measured, counts: Counts, prices: Prices) -> None:
    variants = measured.variants
    for table in (
        _times("until the client is answered", variants, attrgetter("answered.p50")),
        _times("until every service is done", variants, attrgetter("done.p50")),
        _taken(variants, counts, prices),
        _simulated(measured),
    ):
        console.print()
        console.print(table)
    for note in _NOTES:
        console.print(f"\n{note}", markup=False, highlight=False)


def _times(title: str, variants: Mapping[str, Variant], of: Callable[[Load], Interval]) -> Table:
    loads = next(iter(variants.values())).loads
    rates = (f"{load.offered:g}" for load in loads)
    table = _table(f"Milliseconds {title}, by payments a second", *rates)
    for name, variant in variants.items():
        table.add_row(name, *(_spread(of(load)) for load in variant.loads))
    return table


def _taken(variants: Mapping[str, Variant], counts: Counts, prices: Prices) -> Table:
    table = _table(
        "For one payment", "gateway\nrequests", "AWS\ncalls", "messages", "USD for\na million"
    )
    for name, variant in variants.items():
        requests = counts.variants[name].payment.gateway_requests
        usd = cost.total(cost.of_payments(name, counts, prices, Levers()))
        table.add_row(
            name,
            f"{requests:g}",
            f"{sum(variant.calls.values()):g}",
            f"{sum(variant.messages.values()):g}",
            f"{usd:.2f}",
        )
    return table


def _simulated(measured: Measured) -> Table:
    table = _table(
        "Simulated for this machine, fitted to the lowest rate: milliseconds until all is done",
        "payments\na second",
        "measured",
        "simulated",
        "ratio",
    )
    for row in validate(measured):
        table.add_row(
            row.variant,
            f"{row.rate:g}",
            _spread(row.measured),
            f"{row.simulated:,.0f}",
            f"{row.ratio:.2f}",
        )
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _spread(interval: Interval) -> str:
    return f"{interval.value:,.0f} ({interval.low:,.0f} to {interval.high:,.0f})"
