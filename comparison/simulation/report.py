"""What a rush does to each variant, as tables."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from comparison import narrow, units
from comparison.simulation.bounds import first_reached
from comparison.simulation.flows import Flow
from comparison.simulation.limits import STEP_DEADLINE_S, THROTTLE_OF_TEMPLATES, Limits
from comparison.simulation.outcome import Outcome

_FLUID = "*"
_TOO_OLD = "!"
_SHOWN_BOUNDS = 4


def show(
    console: Console,
    outcomes: Mapping[str, Iterable[tuple[float, Outcome]]],
    flows: Sequence[Flow],
    limits: Limits,
    *,
    capacity: float,
    seconds: float,
) -> None:
    """Of each variant its outcomes by rate, while they are simulated."""
    console.print(
        f"\nSimulated, not measured: payments for {seconds:g} s, where Sales bears"
        f" {capacity:,.10g} a second",
        highlight=False,
    )
    for name, by_rate in outcomes.items():
        console.print()
        console.print(_rush(name, by_rate))
    console.print()
    console.print(_reached(flows, limits))
    for note in _notes(limits):
        console.print(f"\n{note}", markup=False, highlight=False)


def _rush(name: str, by_rate: Iterable[tuple[float, Outcome]]) -> Table:
    table = narrow.table(name)
    table.add_column("payments\na second", justify="right", min_width=9)
    table.add_column("refused\nby", min_width=12)
    for heading in ("answered\np50", "done\np50", "done\np99", "waiting\nat once"):
        table.add_column(heading, justify="right", min_width=7)
    table.add_column("\nfor", min_width=6)
    for heading in ("oldest\nwaited", "drained\nafter"):
        table.add_column(heading, justify="right", min_width=7)
    for rate, outcome in by_rate:
        table.add_row(
            f"{rate:,.10g}{_FLUID if outcome.method == 'fluid' else ' '}",
            _refused(outcome),
            _duration(outcome.answered.p50 if outcome.answered else None),
            _duration(outcome.completed.p50 if outcome.completed else None),
            _duration(outcome.completed.p99 if outcome.completed else None),
            f"{outcome.backlog.most:,.0f}" if outcome.backlog.most else "",
            f" {outcome.backlog.where.partition(' to ')[0]}",
            _oldest(outcome),
            "> 1 day" if outcome.drained_s is None else _duration(outcome.drained_s),
        )
    return table


def _reached(flows: Sequence[Flow], limits: Limits) -> Table:
    table = narrow.table("What is reached first, in payments a second")
    table.add_column("")
    table.add_column("", justify="right", min_width=9)
    table.add_column("", min_width=26)
    table.add_column("")
    for flow in flows:
        for number, bound in enumerate(first_reached(flow, limits, _SHOWN_BOUNDS)):
            name = "" if number else flow.name
            table.add_row(name, f"{bound.rate:,.0f} ", bound.what, bound.then)
        table.add_section()
    table.show_header = False
    return table


def _notes(limits: Limits) -> list[str]:
    return [
        f"{_FLUID} as flows, without chance; the others event by event, with every start of a"
        " function.",
        f"{_TOO_OLD} older than StepDeadlineSeconds ({STEP_DEADLINE_S:,.0f}): the sweep says that"
        " the step has failed. It is done later all the same, and then said to be.",
        "Latencies are published ones (data/latencies.toml), quotas those of docs/limits.md: an"
        f" account's {limits.gateway_rate:,.0f} gateway requests a second and"
        f" {limits.concurrency:,} executions. ThrottlingRate is {limits.throttle:,.10g};"
        f" the templates' {THROTTLE_OF_TEMPLATES} refuses what is above"
        f" (THROTTLE={THROTTLE_OF_TEMPLATES}). Without polls, failures, and Aurora DSQL's and"
        " SES's own limits; consumers' executions are not counted.",
    ]


def _duration(waited: float | None) -> str:
    return "" if waited is None else units.seconds(waited)


def _oldest(outcome: Outcome) -> str:
    waited = _duration(outcome.backlog.oldest_s or None)
    is_too_old = outcome.backlog.oldest_s > STEP_DEADLINE_S and not outcome.backlog.is_of_orders
    return f"{waited}{_TOO_OLD}" if is_too_old else waited


def _refused(outcome: Outcome) -> str:
    """The share, and who refused most of it."""
    if not outcome.refused:
        return ""
    most = max(outcome.refused, key=lambda who: outcome.refused[who])
    share = outcome.refused_share
    return f" {share:.0%} {most}" if share >= 0.005 else f" < 1% {most}"
