import io

import pytest
from rich.console import Console

from local.bench.figures import NotMeasured
from local.bench.transcript import PHASES, Line, read_times
from local.paying.client import Outcome, Result
from local.report import Month, Phases, show

TRANSCRIPT = [
    Line("set-up: made the environment 'dev' in .venv (5 s)", 5.5),
    Line("boot       4.0 s  LocalStack and PostgreSQL at http://127.0.0.1:4566", 10.0),
    Line("build      0.0 s  unchanged", 10.0),
    Line("deploy     8.1 s  stack decouple", 18.1),
    Line("load       0.5 s  520 policies", 18.6),
    Line("  106 of 528 premiums", 20.0),
    Line("pay       12.3 s  528 premiums through http://127.0.0.1:4566/v1", 30.9),
    Line(" first completed             14.6 s   after the start", 31.0),
]


def test_the_first_payment_counts_from_the_start_of_make() -> None:
    assert read_times(TRANSCRIPT).first_completed == pytest.approx(6.0 + 14.6)


def test_what_make_does_before_the_program_starts_is_the_set_up() -> None:
    assert read_times(TRANSCRIPT).phases == pytest.approx(
        {"set-up": 6.0, "boot": 4.0, "build": 0.0, "deploy": 8.1, "load": 0.5, "pay": 12.3}
    )


@pytest.mark.parametrize("missing", [*PHASES, " first completed"])
def test_a_run_that_lacks_a_line_is_no_measurement(missing: str) -> None:
    lines = [line for line in TRANSCRIPT if not line.text.startswith(missing)]
    with pytest.raises(NotMeasured, match=missing.strip()):
        read_times(lines)


def test_what_the_run_really_prints_is_understood() -> None:
    output = io.StringIO()
    console = Console(width=80, file=output)
    phase = Phases(console)
    for name in PHASES:
        with phase(name, spinner=False):
            pass
    paid = Result(2, Outcome.COMPLETED, status=202, answered_s=0.1, completed_s=1.2)
    show(console, Month("decouple", [paid]), first_completed_s=12.3)
    lines = [Line(text, 1.0) for text in output.getvalue().splitlines()]
    assert read_times(lines).first_completed == pytest.approx(1.0 + 12.3)
