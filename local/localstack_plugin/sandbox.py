"""One execution environment: a function's process with the Runtime API it talks to."""

import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from .runtime_api import Event, Kind, RuntimeApi

_LOG_LIMIT_BYTES = 1 << 20
_MEMORY_CHECK_SECONDS = 0.1


class Sandbox:
    """A process from its start to its end; it is never started again."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path, memory_mb: int
    ) -> None:
        self._memory_mb = memory_mb
        self._used_bytes = 0
        self._init_milliseconds: float | None = None
        # An unlinked file: whatever was written before an answer is there when that arrives. Opened
        # by its name to append, so that the process writes at the end also after a truncation.
        with tempfile.NamedTemporaryFile() as named:
            self._log = Path(named.name).open("a+b", buffering=0)  # noqa: SIM115
        self._log_position = 0
        self._api = RuntimeApi()
        self._started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "AWS_LAMBDA_RUNTIME_API": self._api.address},
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            process_group=0,  # and no session, which would get as much time as LocalStack's
        )
        threading.Thread(target=self._close_after_exit, name="sandbox", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def has_started(self) -> bool:
        """Whether the first wait, for the function's import, is over."""
        return self._init_milliseconds is not None

    def wait_for_start(self, timeout: float) -> tuple[Event | None, float]:
        """How the import of the function ended (NEXT, or as in `wait`), and its milliseconds."""
        event = self.wait(timeout, Kind.NEXT, Kind.ERROR)
        self._init_milliseconds = (time.perf_counter() - self._started) * 1000
        return event, self._init_milliseconds

    def send(self, headers: dict[str, str], body: bytes) -> None:
        self._api.send(headers, body)

    def wait(self, timeout: float, *kinds: Kind) -> Event | None:
        """The next event of these kinds, or EXIT; None after the timeout or when memory ran out."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            try:
                event = self._api.events.get(timeout=min(left, _MEMORY_CHECK_SECONDS))
            except queue.Empty:
                if self.is_out_of_memory():
                    return None
                continue
            if event.kind in kinds or event.kind is Kind.EXIT:
                return event
        return None

    def is_out_of_memory(self) -> bool:
        return self.used_mb() > self._memory_mb

    def used_mb(self) -> int:
        """The most memory that was resident so far; without procfs, the most that was seen."""
        self._used_bytes = max(self._used_bytes, _resident_bytes(self._process.pid))
        return self._used_bytes >> 20

    def take_log(self) -> str:
        """What the process wrote since the last call."""
        parts = []
        while part := os.pread(self._log.fileno(), 1 << 16, self._log_position):
            parts.append(part)
            self._log_position += len(part)
        if self._log_position > _LOG_LIMIT_BYTES:
            self._log.truncate(0)
            self._log_position = 0
        text = b"".join(parts).decode(errors="replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def exit_status(self) -> int:
        return self._process.wait()

    def stop(self) -> None:
        """Kill the process and all it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _close_after_exit(self) -> None:
        self._process.wait()
        self._api.close()
        assert self._process.stdin is not None
        self._process.stdin.close()


def _resident_bytes(pid: int) -> int:
    try:
        with Path(f"/proc/{pid}/status").open("rb") as status:
            for line in status:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        with suppress(psutil.Error):
            return int(psutil.Process(pid).memory_info().rss)
    return 0
