"""The README's commands of `sam local`, as they are written there."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from local import sam_local
from local.paths import ROOT
from tests.e2e.test_readme import README, SAMPLE, Run, commands, shell
from tests.eventually import eventually
from tests.outcomes import Sample

SAM = ".local/env/sam/bin/sam local "
PAID = Sample("decouple", "SalesConsumerFunction", "paid-premium")


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


@contextmanager
def serving(name: str, log: Path) -> Iterator[str]:
    """The address that the command of this name says."""
    (command,) = [c for c in commands() if c.startswith(f"{SAM}{name}")]
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            cwd=ROOT,
            env=sam_local.environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        found = eventually(
            lambda: re.search(r"Running on (\S+)", log.read_text()), command, seconds=60
        )
        yield found[1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def test_the_api_is_served_and_the_curl_line_of_make_run_pays_through_it(
    run: Run, tmp_path: Path
) -> None:
    (url,) = re.findall(r"with `(URL=\S+)`", README)
    pay, _ = run.curl_lines()

    with serving("start-api", tmp_path / "log") as address:
        assert url == f"URL={address}"
        answer = shell(re.sub(r"^URL=.*$", url, pay, flags=re.MULTILINE))

    assert re.match(r"HTTP/\S+ 202 ", answer)


def test_the_functions_are_served(tmp_path: Path, http: urllib3.PoolManager) -> None:
    with serving("start-lambda", tmp_path / "log") as address:
        answer = http.request(
            "POST",
            f"{address}/2015-03-31/functions/{PAID.function}/invocations",
            body=PAID.path.read_bytes(),
        )

    assert answer.status == 200
    PAID.check(answer.data.decode())


def test_its_files_go_with_the_cloud(run: Run) -> None:
    template = ROOT / ".local" / "sam" / "decouple" / "template.json"
    assert template.exists()

    run.interrupt()

    assert not template.exists()
    assert os.path.lexists(ROOT / ".local" / "sam")
