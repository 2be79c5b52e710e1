"""What the programs print: phases, progress, the table at the end, and how to go on by hand."""

import json
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import quantiles
from time import monotonic
from uuid import uuid4

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from local.issuer import Issuer
from local.paying.client import Outcome, Result
from local.paying.effects import Effects
from local.paying.premiums import Premium

_SHOWN_LINES = 20  # of each outcome
_PROGRESS_STEPS = 5  # lines of progress where nothing can be redrawn


@dataclass
class Phase:
    note: str = ""


@dataclass
class Phases:
    """Prints each phase with its seconds when it ends."""

    console: Console
    began: float = field(default_factory=monotonic)

    @contextmanager
    def __call__(self, name: str, *, spinner: bool = True) -> Iterator[Phase]:
        phase, began = Phase(), monotonic()
        with self.console.status(name) if spinner else nullcontext():
            yield phase
        line = f"{name:<8}{monotonic() - began:6.1f} s  {phase.note}"
        self.console.print(line.rstrip(), markup=False, highlight=False, soft_wrap=True)

    @property
    def seconds(self) -> float:
        return monotonic() - self.began


def with_progress(console: Console, results: Iterable[Result], total: int) -> Iterator[Result]:
    """Passes the results on and counts them in a bar, or in a few lines where none can be drawn."""
    if not console.is_terminal:
        step = max(1, total // _PROGRESS_STEPS)
        for done, result in enumerate(results, start=1):
            if done % step == 0 and done < total:
                console.print(f"  {done} of {total} premiums", highlight=False)
            yield result
        return
    columns = (
        TextColumn("pay     "),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(results, total=total)


def show(
    console: Console,
    results: Sequence[Result],
    effects: Effects | None,
    first_completed_s: float | None,
    wrong: Sequence[str],
) -> None:
    """The table, and what is wrong in it; `first_completed_s` counts from the program's start."""
    console.print(_table(results, effects, first_completed_s))
    for sentence in wrong:
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _table(
    results: Sequence[Result], effects: Effects | None, first_completed_s: float | None
) -> Table:
    rows = Table(box=SIMPLE_HEAD, show_header=False, pad_edge=False)
    rows.add_column()
    rows.add_column(justify="right")
    rows.add_column(overflow="fold")
    by_outcome = defaultdict(list)
    for result in sorted(results, key=lambda result: result.line):
        by_outcome[result.outcome].append(result)
    completed = by_outcome[Outcome.COMPLETED]
    paid = [result for result in results if result.status is not None and result.status < 300]

    rows.add_row("premiums", str(len(results)))
    rows.add_row("paid", str(len(paid)), "accepted by the service that answers")
    rows.add_row("completed", str(len(completed)), "by all services")
    for outcome in (Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN):
        rows.add_row(str(outcome), str(len(by_outcome[outcome])))
        for result in by_outcome[outcome][:_SHOWN_LINES]:
            rows.add_row(f"  line {result.line}", _status(result), Text(result.reason))
        if len(by_outcome[outcome]) > _SHOWN_LINES:
            rows.add_row("  ...")
    rows.add_section()
    for title, times in (
        ("until answered", [r.answered_s for r in results if r.answered_s is not None]),
        ("until completed", [r.completed_s for r in completed if r.completed_s is not None]),
    ):
        if times:
            p50, p95 = percentiles(times)
            rows.add_row(title, f"{p50:.2f} s", f"p50;  p95 {p95:.2f} s")
    if first_completed_s is not None:
        rows.add_row("first completed", f"{first_completed_s:.1f} s", "after the start")
    if effects:
        rows.add_section()
        rows.add_row("rows in the ledger", str(effects.ledger_rows))
        rows.add_row("leads written", str(effects.leads), f"{effects.lead_updates} updates")
    return rows


def _status(result: Result) -> str:
    return str(result.status) if result.status and result.status >= 400 else ""


def percentiles(times: Sequence[float]) -> tuple[float, float]:
    """p50 and p95."""
    if len(times) == 1:
        return times[0], times[0]
    cuts = quantiles(times, n=20, method="inclusive")
    return cuts[9], cuts[18]


def next_period(period: str) -> str:
    """The month after `YYYY-MM`."""
    return f"{date.fromisoformat(f'{period}-01') + timedelta(days=31):%Y-%m}"


def show_how_to_go_on(console: Console, url: str, issuer: Issuer, example: Premium | None) -> None:
    """Address, token and a `curl` line that pays the next month of a premium that was paid."""
    lines = [f"URL={url}"]
    if example:
        lines += [f"TOKEN={issuer.token(example.customer_id)}", _curl(example)]
    lines += ["", "It stays up; Ctrl-C stops everything."]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _curl(premium: Premium) -> str:
    payment = {
        "policyId": premium.policy_id,
        "customer": {"id": premium.customer_id, "name": premium.name, "email": premium.email},
        "amount": {"value": premium.amount, "currency": premium.currency},
        "period": next_period(premium.period),
    }
    return (
        'curl -i $URL/payments -H "Authorization: Bearer $TOKEN"'
        f' -H "Idempotency-Key: {uuid4()}" -H "Content-Type: application/json"'
        f" -d {shlex.quote(json.dumps(payment))}"
    )
