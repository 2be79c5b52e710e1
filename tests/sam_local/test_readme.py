"""The README's commands of `sam local`, as they are written there."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import sam_local
from local.paths import ROOT
from tests.e2e.test_readme import SAMPLE, Run, commands
from tests.eventually import eventually
from tests.outcomes import Sample

SAM = ".local/env/sam/bin/sam local "
PAID = Sample("decouple", "SalesConsumerFunction", "paid-premium")

pytestmark = pytest.mark.xdist_group("readme")


@pytest.fixture(scope="module", autouse=True)
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    (command,) = [c for c in commands() if c.startswith("make run CONTAINERS=")]
    premiums = tmp_path_factory.mktemp("run") / "premiums.csv"
    premiums.write_text("".join(SAMPLE.read_text().splitlines(keepends=True)[:3]))
    run = Run(command.removeprefix("make run "), "VARIANT=decouple", f"PREMIUMS={premiums}")
    try:
        run.read_until("Ctrl-C", seconds=300)
        yield run
    finally:
        if run.process.poll() is None:
            run.interrupt()


@pytest.mark.parametrize("beginning", [f"{SAM}invoke", "make invoke"])
def test_a_function_runs_in_a_container_and_answers_as_stated(beginning: str) -> None:
    (command,) = [c for c in commands() if c.startswith(beginning)]

    done = subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env=sam_local.environment(),
        capture_output=True,
        text=True,
    )

    assert "inside runtime container" in done.stderr
    PAID.check(done.stdout)


@pytest.mark.parametrize("command", [c for c in commands() if c.startswith(f"{SAM}start-")])
def test_the_api_and_the_functions_are_served(command: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            cwd=ROOT,
            env=sam_local.environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            eventually(lambda: "Running on" in log.read_text(), f"{command}", seconds=60)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def test_its_files_go_with_the_cloud(run: Run) -> None:
    template = ROOT / ".local" / "sam" / "decouple" / "template.json"
    assert template.exists()

    run.interrupt()

    assert not template.exists()
    assert os.path.lexists(ROOT / ".local" / "sam")
