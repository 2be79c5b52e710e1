"""A server lives as long as its owner, however that ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from local.paths import ROOT
from local.servers.process import ServerCrashed, ServerProcess
from tests.eventually import eventually

# Says that it runs, with a child of its own, and is deaf to polite signals when told so.
SERVER = """
import os, signal, subprocess, sys, time
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
print(os.getpid(), child.pid, flush=True)
time.sleep(600)
"""
OWNER = """
import signal, sys
from pathlib import Path
from local.servers.process import ServerProcess
ServerProcess("server", [sys.executable, "-c", sys.argv[1], "deaf"], log=Path(sys.argv[2]),
              stop_signal="SIGTERM", grace=0.2)
signal.pause()
"""


def processes(log: Path) -> list[psutil.Process]:
    """The server and its child, once it has said which they are."""
    line = eventually(lambda: log.exists() and log.read_text().strip(), "the server's start")
    return [psutil.Process(int(pid)) for pid in str(line).split()]


def start(log: Path, *arguments: str) -> ServerProcess:
    command = [sys.executable, "-c", SERVER, *arguments]
    return ServerProcess("server", command, log=log, stop_signal="SIGTERM", grace=0.2)


@pytest.mark.parametrize("arguments", [(), ("deaf",)], ids=["polite", "deaf"])
def test_a_stopped_server_is_gone_with_its_children(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    server = start(tmp_path / "log", *arguments)
    family = processes(tmp_path / "log")
    server.check()

    server.stop()
    server.stop()

    eventually(lambda: not any(member.is_running() for member in family), "the end of all")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_server_ends_with_its_owner(tmp_path: Path, how: signal.Signals) -> None:
    log = tmp_path / "log"
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, SERVER, str(log)], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    family = processes(log)

    owner.send_signal(how)
    owner.wait()

    eventually(lambda: not any(member.is_running() for member in family), "the end of all")


def test_a_server_that_ends_by_itself_is_a_crash_with_its_last_words(tmp_path: Path) -> None:
    server = start(tmp_path / "log")
    os.kill(processes(tmp_path / "log")[0].pid, signal.SIGKILL)

    def crash() -> ServerCrashed | None:
        try:
            server.check()
        except ServerCrashed as error:
            return error
        return None

    message = str(eventually(crash, "the crash to be noticed"))
    assert message.startswith("server ended with status 137. The end of its log")
    assert (tmp_path / "log").read_text().strip() in message
    server.stop()
