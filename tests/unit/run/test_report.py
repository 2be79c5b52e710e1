"""What is printed."""

import io

import pytest
from rich.console import Console

from local.paying.client import Outcome, Result
from local.paying.effects import Effects
from local.report import Phases, next_period, percentiles, show, with_progress

RESULTS = [
    Result(2, Outcome.COMPLETED, "", 202, 0.1, 1.0),
    Result(3, Outcome.REFUSED, "paid already", 409, 0.2),
    Result(4, Outcome.REFUSED, "3 columns instead of 7"),
    Result(5, Outcome.FAILED, "sales: [no report]", 202, 0.3),
]


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(output: io.StringIO) -> Console:
    """Not a terminal."""
    return Console(file=output, width=100)


def test_the_table_has_counts_reasons_times_and_effects(
    console: Console, output: io.StringIO
) -> None:
    show(console, RESULTS, Effects(7, 5, 6), 12.34, ["line 5 must be completed"])
    lines = [" ".join(line.split()) for line in output.getvalue().splitlines()]
    for expected in (
        "premiums 4",
        "paid 2 accepted by the service that answers",
        "completed 1 by all services",
        "refused 2",
        "line 3 409 paid already",
        "line 4 3 columns instead of 7",
        "failed 1",
        "line 5 sales: [no report]",
        "until answered 0.20 s p50; p95 0.29 s",
        "until completed 1.00 s p50; p95 1.00 s",
        "first completed 12.3 s after the start",
        "rows in the ledger 7",
        "leads written 5 6 updates",
        "line 5 must be completed",
    ):
        assert expected in lines


def test_many_refusals_are_cut_short(console: Console, output: io.StringIO) -> None:
    show(console, [Result(n, Outcome.REFUSED, "no") for n in range(500)], None, None, [])
    assert len(output.getvalue().splitlines()) < 40


def test_nothing_but_a_terminal_gets_control_characters(
    console: Console, output: io.StringIO
) -> None:
    phase = Phases(console)
    with phase("pay") as paying:
        paying.note = "[4] premiums"
        assert list(with_progress(console, RESULTS, len(RESULTS))) == RESULTS
    show(console, RESULTS, Effects(1, 1, 1), None, [])
    assert "\x1b" not in output.getvalue()
    assert "\r" not in output.getvalue()
    assert "s  [4] premiums\n" in output.getvalue()


def test_progress_without_a_terminal_takes_few_lines(console: Console, output: io.StringIO) -> None:
    list(with_progress(console, RESULTS * 100, 400))
    assert 3 <= len(output.getvalue().splitlines()) <= 6


@pytest.mark.parametrize(
    ("period", "following"),
    [("2026-01", "2026-02"), ("2026-11", "2026-12"), ("2026-12", "2027-01")],
)
def test_the_next_period_is_the_month_after(period: str, following: str) -> None:
    assert next_period(period) == following


def test_percentiles_of_one_and_of_many() -> None:
    assert percentiles([3.0]) == (3.0, 3.0)
    assert percentiles([float(n) for n in range(101)]) == (50.0, 95.0)
