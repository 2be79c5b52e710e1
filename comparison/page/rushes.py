"""What a rush of payments would do on AWS: simulated, never measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from comparison.measured import Measured
from comparison.page.charts import Tile, tiles
from comparison.page.failing import level
from comparison.page.figure import Badge, Chart, Figure, Section
from comparison.page.times import between
from comparison.simulation.bounds import Bound, first_reached
from comparison.simulation.flows import flow
from comparison.simulation.latencies import Latencies
from comparison.simulation.limits import STEP_DEADLINE_S, Limits
from comparison.simulation.outcome import HORIZON_S, Outcome
from comparison.simulation.rush import CAPACITY, RATES, SECONDS, rush
from comparison.simulation.validation import validate
from comparison.tables import Table, table
from comparison.units import milliseconds, number, seconds, share
from local.variants import VARIANTS

_SHOWN_BOUNDS = 4


@dataclass(frozen=True)
class Rushes:
    rates: Sequence[float]
    outcomes: Mapping[str, Sequence[Outcome]]
    """By variant, one for each rate."""
    bounds: Mapping[str, Sequence[Bound]]

    @property
    def columns(self) -> list[str]:
        return [f"{rate:,.10g}" for rate in self.rates]


def simulated(rates: Sequence[float] = RATES) -> Rushes:
    limits, latencies = Limits(), Latencies.published()
    flows = [flow(name, latencies, CAPACITY) for name in VARIANTS]
    return Rushes(
        rates,
        {each.name: [rush(each, limits, rate, SECONDS) for rate in rates] for each in flows},
        {each.name: first_reached(each, limits, _SHOWN_BOUNDS) for each in flows},
    )


def section(rushes: Rushes, measured: Measured) -> Section:
    return Section(
        "simulation",
        "Beyond one machine",
        f"Simulated, not measured: payments come for {SECONDS:g} seconds at a rate, and Sales bears"
        f" {CAPACITY:g} a second. Latencies are published ones, quotas those of a large region; the"
        " templates’ own throttle is raised to the account’s.",
        [
            _figure(rushes),
            _reached(rushes),
            _validated(measured),
        ],
    )


def _figure(rushes: Rushes) -> Figure:
    return Figure(
        id="rush",
        title="Who is refused, who waits, and for how long",
        badges=[Badge.SIMULATED],
        charts=[
            _chart("Simulated: share refused", rushes, _refused),
            _chart("Simulated: the oldest waited for", rushes, _oldest),
            _chart("Simulated: drained after", rushes, _drained),
        ],
        says=[
            "Columns are payments a second. Who refuses has less to drain: read the three together."
            " A client that is refused repeats with its key; by whom it was, the table says.",
            "Work waits in a queue, or with apigw-* as an order to resume. A step that is reported"
            f" later than {STEP_DEADLINE_S / 60:.0f} minutes counts as failed until then.",
        ],
        table=_table(rushes),
    )


def _chart(caption: str, rushes: Rushes, of: Callable[[Outcome], Tile]) -> Chart:
    rows = {name: [of(outcome) for outcome in rushes.outcomes[name]] for name in VARIANTS}
    told = "; ".join(
        f"{name} "
        + ", ".join(
            f"{tile.says} at {rate}" for rate, tile in zip(rushes.columns, cells, strict=True)
        )
        for name, cells in rows.items()
    )
    return Chart(caption, tiles(f"{caption}, by payments a second: {told}", rushes.columns, rows))


def _refused(outcome: Outcome) -> Tile:
    refused = outcome.refused_share
    return Tile(share(refused) if refused else "none", level(refused))


def _oldest(outcome: Outcome) -> Tile:
    oldest = outcome.backlog.oldest_s
    return Tile(_short(oldest), _age(oldest))


def _drained(outcome: Outcome) -> Tile:
    waited = HORIZON_S if outcome.drained_s is None else outcome.drained_s
    return Tile(drained(outcome), _age(waited))


def drained(outcome: Outcome) -> str:
    return "> 1 day" if outcome.drained_s is None else _short(outcome.drained_s)


def _short(waited: float) -> str:
    return seconds(waited) if waited >= 1 else "< 1 s"


def _age(waited: float) -> int:
    return sum(waited > limit for limit in (1, 60, STEP_DEADLINE_S, 3600))


def _table(rushes: Rushes) -> Table:
    return table(
        [
            "variant",
            "payments a second",
            "refused",
            "by",
            "done, half",
            "waiting",
            "where",
            "oldest",
            "drained",
        ],
        (
            [
                name,
                rate,
                share(outcome.refused_share),
                ", ".join(outcome.refused),
                seconds(outcome.completed.p50) if outcome.completed else "",
                number(outcome.backlog.most),
                outcome.backlog.where,
                _short(outcome.backlog.oldest_s),
                drained(outcome),
            ]
            for name in VARIANTS
            for rate, outcome in zip(rushes.columns, rushes.outcomes[name], strict=True)
        ),
    )


def _reached(rushes: Rushes) -> Figure:
    return Figure(
        id="first",
        title="What breaks first",
        badges=[Badge.SIMULATED, Badge.DERIVED],
        says=["In payments a second, for as long as one likes; each as if none came before it."],
        table=table(
            ["variant", "first", "second", "third", "fourth"],
            ([name, *(_told(bound) for bound in rushes.bounds[name])] for name in VARIANTS),
        ),
        is_table_first=True,
    )


def _validated(measured: Measured) -> Figure:
    return Figure(
        id="validation",
        title="The simulation beside this machine",
        badges=[Badge.SIMULATED, Badge.MEASURED],
        says=[
            "The model is fitted to the lowest rate that was measured here, and has to say what"
            " happens at the others: how long until every service is done, at the median. It"
            " knows that this machine works off each queue batch by batch, and not that all share"
            " its processors: where it says less than was measured, these were the limit. Behind a"
            " gateway nothing waits in line here.",
        ],
        table=table(
            ["variant", "payments a second", "measured", "simulated", "simulated / measured"],
            (
                [
                    row.variant,
                    f"{row.rate:g}",
                    between(row.measured),
                    milliseconds(row.simulated),
                    f"{row.ratio:.2f}",
                ]
                for row in validate(measured)
            ),
        ),
        is_table_first=True,
    )


def _told(bound: Bound) -> str:
    return f"{number(bound.rate)}: {bound.what}, {bound.then}"
