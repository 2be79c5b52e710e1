"""A newcomer follows the README: its commands, as they are written there."""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.live.view import PAGE
from local.variants import VARIANTS
from tests.e2e.conftest import WITH_COMMUNICATION
from tests.e2e.month import Month
from tests.outcomes import Sample

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "premiums-2026-11.csv"
README = (ROOT / "README.md").read_text()
BLOCKS = [
    block.splitlines()
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
]
WHILE_IT_RUNS = ["make token", "make pay"]
HERE = (*WHILE_IT_RUNS, "make invoke", "make run VARIANT=")
COMPARING = ["cost", "simulate"]
AN_OPERATORS = ["deploy", "load", "logs", "redrive", "test-aws", "delete"]
ELSEWHERE = {
    "make run": "by the fixture here",
    "make test": "by .ci/run",
    "make lint": "by .ci/run",
    **{f"make {command} ": "by test_deploying.py" for command in AN_OPERATORS},
    **{f"make {command} ": "by tests/unit/comparison/test_readme.py" for command in COMPARING},
    "make run CONTAINERS=": "by tests/sam_local",
    ".local/env/sam/bin/sam local ": "by tests/sam_local",
    ".local/env/sam/bin/sam ": "by nobody: it needs an AWS account",
    "curl ": "by nobody: it needs an AWS account",
}


def commands() -> list[str]:
    return [line for block in BLOCKS for line in block]


class Run:
    """`make run`, with what it has printed so far."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            ["make", "run", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.printed = ""

    def read_until(self, text: str, seconds: float) -> None:
        assert self.process.stdout is not None
        deadline = time.monotonic() + seconds
        while text not in self.printed:
            ready, _, _ = select.select([self.process.stdout], [], [], 0.2)
            chunk = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            self.printed += chunk.decode()
            ended = bool(ready) and not chunk
            assert not ended, f"it ended before it printed {text!r}:\n{self.printed}"
            assert time.monotonic() < deadline, f"no {text!r} within {seconds} s:\n{self.printed}"

    def curl_lines(self) -> tuple[str, str]:
        """Those that pay a premium, and the one that asks for it then."""
        lines = self.printed[self.printed.index("URL=") : self.printed.index("It stays up")]
        pay, then, ask = re.split(r"^(Then, .+)$", lines, flags=re.MULTILINE)
        assert "as REQUEST_ID" in then
        return pay, ask

    def interrupt(self) -> int:
        """Ctrl-C, as a terminal sends it to all processes of the foreground."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture(scope="module")
def month() -> Month:
    return Month.of_sample()


@pytest.fixture(scope="module")
def premiums(month: Month, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the month: only the command that names the whole pays it."""
    file = tmp_path_factory.mktemp("month") / "premiums.csv"
    file.write_bytes(month.csv)
    return file


@pytest.fixture(scope="module")
def run(premiums: Path) -> Iterator[Run]:
    run = Run(f"PREMIUMS={premiums}")
    try:
        run.read_until("Ctrl-C", seconds=900)
        yield run
    finally:
        if run.process.poll() is None:
            run.interrupt()


def shell(lines: str) -> str:
    return subprocess.run(["sh", "-c", lines], capture_output=True, text=True, check=True).stdout


def compared(run: Run, variant: str) -> list[str]:
    """The counts in the variant's row of the last table."""
    table = run.printed[run.printed.rindex("\nvariant ") :]
    found = re.search(rf"^{variant} +(.+)$", table, re.MULTILINE)
    assert found, f"no row {variant!r} in:\n{table}"
    return re.sub(r"\d+\.\d+ s", "", found[1]).split()


def test_make_run_pays_through_each_variant_what_is_due_and_refuses_every_bad_row(
    run: Run, month: Month
) -> None:
    good, bad = str(month.good), str(month.bad)

    for name in VARIANTS:
        mails = [good] if name in WITH_COMMUNICATION else []
        assert compared(run, name) == [good, bad, good, good, *mails], name


def test_the_curl_lines_that_make_run_prints_pay_a_premium_and_ask_for_it(run: Run) -> None:
    pay, ask = run.curl_lines()

    answer = shell(pay)
    assert re.match(r"HTTP/\S+ 20[12] ", answer)
    assert answer.endswith("}\n")

    (request,) = re.findall(r'"requestId": ?"([^"]+)"', answer)
    settings = pay.partition("curl")[0]
    assert f'"{request}"' in shell(f"{settings} REQUEST_ID={request}\n{ask}")


def test_the_address_that_make_run_prints_is_that_of_the_live_view(run: Run) -> None:
    if not PAGE.exists():
        assert "No live view" in run.printed
        return
    (address,) = re.findall(r"^Watch one premium travel: (\S+)$", run.printed, re.MULTILINE)

    assert "<html data-live" in shell(f"curl -s {address}")


@pytest.mark.parametrize("command", [c for c in commands() if c.startswith(tuple(WHILE_IT_RUNS))])
def test_a_command_for_the_second_terminal_works(run: Run, premiums: Path, command: str) -> None:
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env=os.environ | {"PREMIUMS": str(premiums)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("run")
def test_a_function_is_invoked_as_a_process() -> None:
    (command,) = [c for c in commands() if c.startswith("make invoke")]

    done = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert "As a process of the local cloud" in done.stderr
    assert "START RequestId:" in done.stderr
    Sample("decouple", "SalesConsumerFunction", "paid-premium").check(done.stdout)


def test_ctrl_c_ends_make_run_cleanly(run: Run) -> None:
    assert run.interrupt() in (0, -signal.SIGINT)  # of the program, or of make


def test_make_run_of_one_variant_deploys_no_other(tmp_path: Path) -> None:
    (command,) = [c for c in commands() if c.startswith("make run VARIANT=")]
    premiums = tmp_path / "premiums.csv"
    premiums.write_text("".join(SAMPLE.read_text().splitlines(keepends=True)[:4]))

    done = subprocess.run(
        ["sh", "-c", f"{command} PREMIUMS={premiums} ONCE=1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    named = command.removeprefix("make run VARIANT=")
    assert {name for name in VARIANTS if name in done.stdout} == {named}


def test_every_command_of_the_readme_is_executed_somewhere() -> None:
    unknown = [c for c in commands() if not c.startswith((*HERE, *ELSEWHERE))]

    assert unknown == []
    ci = (ROOT / ".ci" / "run").read_text()
    assert "make test-sam-local" in ci
    for command, where in ELSEWHERE.items():
        assert where != "by .ci/run" or command in ci
    deploying = (ROOT / "tests" / "e2e" / "test_deploying.py").read_text()
    for command in AN_OPERATORS:
        assert f'"{command}"' in deploying
