"""Measures the variants, and writes what follows of that: figures, counts, tables and the page."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from comparison import compare_report, counts, measured, rendering
from comparison.measuring import counts as counted
from comparison.measuring import run, workload
from comparison.prices import DEFAULT_REGION, Prices
from comparison.simulation.latencies import Latencies
from local.variants import Variant


def compare(
    console: Console, variants: Sequence[Variant], premiums: int | None, into: Path
) -> None:
    """Into this folder, and there the page too if it is where that belongs. `premiums`: only so
    many of the month.
    """
    month = workload.month(premiums)
    with _progress(console, len(month.premiums) * len(variants)) as progress:
        figures, seen = run.measure(variants, month, progress)
    into.mkdir(parents=True, exist_ok=True)
    measured.write(figures, into / measured.FILE.name)
    taken = counted.with_counted(counts.load(), seen, Latencies.published())
    counted.write(taken, into / counts.FILE.name)
    if into == measured.FILE.parent:
        rendering.write()
    compare_report.show(console, figures, taken, Prices.of(DEFAULT_REGION))
    console.print(f"\nmeasured in {figures.seconds:.0f} s: see {into}", soft_wrap=True)


@contextmanager
def _progress(console: Console, total: int) -> Iterator[run.Progress]:
    """A bar, or a few lines where none can be drawn."""
    if not console.is_terminal:
        yield _lines(console, total)
        return
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda what, paid: bar.update(task, description=what, advance=paid)


def _lines(console: Console, total: int) -> run.Progress:
    """One for each tenth of the premiums."""
    paid, told = 0, -1

    def progress(what: str, more: int) -> None:
        nonlocal paid, told
        paid += more
        if not more or paid * 10 // total > told:
            told = paid * 10 // total
            console.print(f"{paid:>5} of {total} premiums, {what}", highlight=False)

    return progress
