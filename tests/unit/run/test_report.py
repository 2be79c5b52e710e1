"""What is printed."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from local.paying.client import Outcome, Result
from local.paying.effects import Effects, Mails
from local.report import (
    Month,
    Phases,
    compare,
    next_period,
    percentiles,
    show,
    show_live,
    with_progress,
)
from local.variants import VARIANTS

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


def lines_of(output: io.StringIO) -> list[str]:
    return [" ".join(line.split()) for line in output.getvalue().splitlines()]


def test_the_table_has_counts_reasons_times_and_effects(
    console: Console, output: io.StringIO
) -> None:
    month = Month("decouple", RESULTS, Effects(7, 5, 6, Mails(4, 3)), ["line 5 must be completed"])
    show(console, month, first_completed_s=12.34)
    for expected in (
        "decouple",
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
        "e-mails sent 3",
        "line 5 must be completed",
    ):
        assert expected in lines_of(output)


def test_many_refusals_are_cut_short(console: Console, output: io.StringIO) -> None:
    show(console, Month("decouple", [Result(n, Outcome.REFUSED, "no") for n in range(500)]))
    assert len(output.getvalue().splitlines()) < 40


def test_the_refusals_that_an_earlier_month_had_too_are_not_listed_again(
    console: Console, output: io.StringIO
) -> None:
    show(console, Month("apigw-single", RESULTS), like=Month("decouple", RESULTS[::-1]))
    lines = lines_of(output)
    assert "refused 2 the same as through decouple" in lines
    assert not any(line.startswith("line 3") for line in lines)


def test_refusals_for_other_reasons_are_listed(console: Console, output: io.StringIO) -> None:
    other = [replace(RESULTS[1], reason="no such policy"), *RESULTS[2:]]
    show(console, Month("apigw-single", other), like=Month("decouple", RESULTS))
    assert "line 3 409 no such policy" in lines_of(output)


def test_months_are_compared_side_by_side(console: Console, output: io.StringIO) -> None:
    without_mail = Month("decouple", RESULTS, Effects(7, 5, 6))
    with_mail = Month("apigw-single", RESULTS[:2], Effects(8, 5, 7, Mails(8, 8)))
    compare(console, [without_mail, with_mail])
    lines = lines_of(output)
    assert "variant completed refused failed p50 p50 rows updates sent" in lines
    assert "decouple 1 2 1 0.20 s 1.00 s 7 6" in lines
    assert "apigw-single 1 1 0 0.15 s 1.00 s 8 7 8" in lines


def test_all_variants_side_by_side_fit_where_there_is_no_terminal(output: io.StringIO) -> None:
    results = [Result(n, Outcome.COMPLETED, "", 202, 0.1, 11.11) for n in range(520)]
    effects = Effects(520, 400, 520, Mails(520, 520))
    compare(Console(file=output, width=80), [Month(name, results, effects) for name in VARIANTS])
    lines = lines_of(output)
    for name in VARIANTS:
        assert f"{name} 520 0 0.10 s 11.11 s 520 520 520" in lines


def test_nothing_but_a_terminal_gets_control_characters(
    console: Console, output: io.StringIO
) -> None:
    phase = Phases(console)
    with phase("pay") as paying:
        paying.note = "[4] premiums"
        assert list(with_progress(console, RESULTS, len(RESULTS))) == RESULTS
    show(console, Month("decouple", RESULTS, Effects(1, 1, 1)))
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


def test_the_live_view_is_told_in_one_line_and_so_is_that_there_is_none(
    console: Console, output: io.StringIO
) -> None:
    show_live(console, "http://127.0.0.1:8080/")
    show_live(console, None)

    address, missing = [line for line in lines_of(output) if line]
    assert address == "Watch one premium travel: http://127.0.0.1:8080/"
    assert missing == "No live view: docs/comparison/index.html is missing: make compare writes it"
