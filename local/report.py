"""What the programs print: phases, progress, tables, and how to go on by hand."""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
_TIMES = _ANSWERED, _COMPLETED = "until answered", "until completed"
_AUTHORIZATION = '-H "Authorization: Bearer $TOKEN"'


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


@dataclass(frozen=True)
class Month:
    """A month of premiums, paid through one stack."""

    stack: str
    results: Sequence[Result]
    effects: Effects | None = None
    """None where the stores cannot be read."""
    wrong: Sequence[str] = ()
    """A sentence for each thing that is not as it must be."""

    def of(self, outcome: Outcome) -> list[Result]:
        """In the file's order."""
        found = (result for result in self.results if result.outcome is outcome)
        return sorted(found, key=lambda result: result.line)

    def times(self) -> dict[str, tuple[float, float]]:
        """p50 and p95 in seconds of what was measured."""
        completed = self.of(Outcome.COMPLETED)
        times = {
            _ANSWERED: [r.answered_s for r in self.results if r.answered_s is not None],
            _COMPLETED: [r.completed_s for r in completed if r.completed_s is not None],
        }
        return {name: percentiles(values) for name, values in times.items() if values}


def show(
    console: Console,
    month: Month,
    *,
    first_completed_s: float | None = None,
    like: Month | None = None,
) -> None:
    """The table, and what is wrong in it. `first_completed_s` counts from the program's start.
    The refusals are not listed when they are those of the month `like`.
    """
    console.print()
    console.print(_table(month, first_completed_s, like))
    for sentence in month.wrong:
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _table(month: Month, first_completed_s: float | None, like: Month | None) -> Table:
    rows = Table(
        title=month.stack, title_justify="left", box=SIMPLE_HEAD, show_header=False, pad_edge=False
    )
    rows.add_column()
    rows.add_column(justify="right")
    rows.add_column(overflow="fold")
    paid = [r for r in month.results if r.status is not None and r.status < 300]

    rows.add_row("premiums", str(len(month.results)))
    rows.add_row("paid", str(len(paid)), "accepted by the service that answers")
    rows.add_row("completed", str(len(month.of(Outcome.COMPLETED))), "by all services")
    for outcome in (Outcome.REFUSED, Outcome.FAILED, Outcome.UNKNOWN):
        results = month.of(outcome)
        if like and results and _reasons(results) == _reasons(like.of(outcome)):
            rows.add_row(str(outcome), str(len(results)), f"the same as through {like.stack}")
            continue
        rows.add_row(str(outcome), str(len(results)))
        for result in results[:_SHOWN_LINES]:
            rows.add_row(f"  line {result.line}", _status(result), Text(result.reason))
        if len(results) > _SHOWN_LINES:
            rows.add_row("  ...")
    rows.add_section()
    for name, (p50, p95) in month.times().items():
        rows.add_row(name, f"{p50:.2f} s", f"p50;  p95 {p95:.2f} s")
    if first_completed_s is not None:
        rows.add_row("first completed", f"{first_completed_s:.1f} s", "after the start")
    if month.effects:
        rows.add_section()
        rows.add_row("rows in the ledger", str(month.effects.ledger_rows))
        rows.add_row(
            "leads written", str(month.effects.leads), f"{month.effects.lead_updates} updates"
        )
        if month.effects.mails:
            rows.add_row("e-mails sent", str(month.effects.mails.sent))
    return rows


def _reasons(results: Iterable[Result]) -> list[tuple[int, int | None, str]]:
    return [(result.line, result.status, result.reason) for result in results]


def compare(console: Console, months: Sequence[Month]) -> None:
    """The months, a row each."""
    outcomes = [
        outcome
        for outcome in Outcome
        if outcome in (Outcome.COMPLETED, Outcome.REFUSED) or any(m.of(outcome) for m in months)
    ]
    headings = [
        *outcomes,
        "answered\np50",
        "completed\np50",
        "ledger\nrows",
        "lead\nupdates",
        "e-mails\nsent",
    ]
    rows = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    rows.add_column("variant")
    for heading in headings:
        rows.add_column(heading, justify="right", vertical="bottom")
    for month in months:
        times = month.times()
        rows.add_row(
            month.stack,
            *(str(len(month.of(outcome))) for outcome in outcomes),
            *(f"{times[name][0]:.2f} s" if name in times else "" for name in _TIMES),
            *_counts(month.effects),
        )
    console.print()
    console.print(rows)


def _counts(effects: Effects | None) -> list[str]:
    if effects is None:
        return []
    mails = str(effects.mails.sent) if effects.mails else ""
    return [str(effects.ledger_rows), str(effects.lead_updates), mails]


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


def show_live(console: Console, address: str | None) -> None:
    """The live view's address, or None where its page is missing."""
    line = (
        f"Watch one premium travel: {address}"
        if address
        else "No live view: docs/comparison/index.html is missing: make compare writes it"
    )
    console.print(f"\n{line}\n", markup=False, highlight=False, soft_wrap=True)


def show_how_to_go_on(
    console: Console, urls: Mapping[str, str], issuer: Issuer, example: Premium | None
) -> None:
    """Addresses by stack, a token, and `curl` lines for the first: they pay the next month of a
    premium that was paid, and ask what became of it.
    """
    lines = []
    if len(urls) > 1:
        lines += [f"{stack:<21}{url}" for stack, url in urls.items()] + [""]
    lines += [f"URL={next(iter(urls.values()))}"]
    if example:
        lines += [f"TOKEN={issuer.token(example.customer_id)}", _curl(example), ""]
        lines += ["Then, with the requestId of the answer as REQUEST_ID:", ""]
        lines += [f"curl -w '\\n' $URL/payments/$REQUEST_ID {_AUTHORIZATION}"]
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
        f"curl -i -w '\\n' $URL/payments {_AUTHORIZATION}"
        f' -H "Idempotency-Key: {uuid4()}" -H "Content-Type: application/json"'
        f" -d {shlex.quote(json.dumps(payment))}"
    )
