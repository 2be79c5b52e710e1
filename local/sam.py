"""Runs of the SAM command line for the local cloud."""

import os
import signal
import subprocess
import threading
from pathlib import Path
from time import monotonic

from local.paths import ROOT, SAM
from local.servers.localstack import ACCESS_KEY, REGION, SECRET_KEY


class SamFailed(RuntimeError):
    """SAM has ended with an error; the message has the last lines of its log."""


class Sam:
    """One run of SAM with its output in a log file; it knows nothing of the user's AWS profile."""

    def __init__(self, *arguments: str | Path, log: Path, **environment: str) -> None:
        self.log = log
        self.seconds = 0.0
        self._command = f"sam {arguments[0]}"
        self._began = monotonic()
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [SAM, *arguments],
                cwd=ROOT,
                env=own_environment() | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # It is stopped together with the builds that it has started, and by us alone.
                start_new_session=True,
            )
        self._ended = threading.Thread(target=self._await_end, daemon=True)
        self._ended.start()

    def wait(self) -> None:
        """Until it has ended; `seconds` then says how long it took. Raises `SamFailed`."""
        self._ended.join()
        if self._process.returncode:
            lines = self.log.read_text(errors="replace").strip().splitlines()
            last = "\n".join(f"    {line}" for line in lines[-8:])
            raise SamFailed(f"{self._command} failed, see {self.log}:\n{last}")

    def stop(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._ended.join()

    def _await_end(self) -> None:
        self._process.wait()
        self.seconds = monotonic() - self._began


def own_environment() -> dict[str, str]:
    """With nothing of the user's profile, and nothing that changes SAM's own interpreter."""
    foreign = ("AWS_", "PYTHON", "SAM_CLI_")
    others = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return others | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.3",
    }
