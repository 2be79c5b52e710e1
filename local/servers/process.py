"""A server process that never outlives the program that started it."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from local.paths import ROOT

_GUARD = ROOT / "local" / "servers" / "guard.py"
_LAST_LINES = 25


class ServerCrashed(RuntimeError):
    """A server ended although nobody stopped it; the message has the last lines of its log."""


class CannotStart(RuntimeError):
    """A server cannot even be started; the message says what is in the way."""


class ServerProcess:
    """One server under `guard.py`, with its output in a log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        stop_signal: str,
        grace: float,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        user: str = "",
    ) -> None:
        """Start `command`; `grace` is the seconds from `stop_signal` (a name) to SIGKILL."""
        self.name = name
        self.log = log
        self._grace = grace
        guard = [sys.executable, "-I", "-S", str(_GUARD), stop_signal, str(grace), user]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*guard, *map(str, command)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                cwd=folder,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise ServerCrashed when the process has ended."""
        status = self._process.poll()
        if status is not None:
            lines = self.log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
            shown = "\n".join(f"    {line}" for line in lines) or "    (empty)"
            raise ServerCrashed(
                f"{self.name} ended with status {status}. The end of its log, {self.log}:\n{shown}"
            )

    def stop(self) -> None:
        """End the process and wait until it is gone. Stopping twice is no error."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(self._grace + 5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
