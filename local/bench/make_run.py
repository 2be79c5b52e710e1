"""`make run` of one variant as a newcomer calls it: here, and on a clone with empty caches."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from local.bench.figures import Figure, NotMeasured
from local.bench.memory import MemoryWatch
from local.bench.transcript import Line, read_times
from local.paths import ROOT

_TARGET_INSTALLED_S = 20.0
_TARGET_FRESH_S = 60.0
_TARGET_MB = 1000.0
_DEADLINE_S = 600.0
_GRACE_S = 20.0
_LAST_LINES = 15


def measure(*, quick: bool) -> Iterator[Figure]:
    """Where everything is installed and built."""
    del quick  # one run is what it is
    yield from _figures("installed", _TARGET_INSTALLED_S, ROOT, {})


def measure_fresh(*, quick: bool) -> Iterator[Figure]:
    """A clone of what is committed."""
    del quick
    with TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)  # as a home is: PostgreSQL's own account can reach a clone in it
        clone = folder / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True, timeout=120)
        caches = {name: str(folder / name) for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR")}
        yield from _figures("fresh clone", _TARGET_FRESH_S, clone, caches)


def _figures(
    title: str, target_s: float, folder: Path, environment: Mapping[str, str]
) -> Iterator[Figure]:
    lines, memory = _run(folder, environment)
    times = read_times(lines)
    set_up = "; ".join(line.text for line in lines if line.text.startswith("set-up: made"))
    yield Figure(f"{title}: first payment completed", times.first_completed, "s", target=target_s)
    for phase, seconds in times.phases.items():
        yield Figure(f"  {phase}", seconds, "s", note=set_up if phase == "set-up" else "")
    yield Figure("  everything paid and reported", lines[-1].arrived_s, "s")
    peak = memory.peak
    yield Figure(
        f"{title}: peak memory of everything",
        peak.total() / 1e6,
        "MB",
        target=_TARGET_MB,
        samples=[sample.total() / 1e6 for sample in memory.samples],
        beside={f"{name} MB": [size / 1e6] for name, size in peak.most_common()},
    )


def _run(folder: Path, environment: Mapping[str, str]) -> tuple[list[Line], MemoryWatch]:
    """Its output and its memory, when it went well; stopped whatever happens."""
    began = monotonic()
    process = subprocess.Popen(
        ["make", "run", "VARIANT=decouple", "ONCE=1"],
        cwd=folder,
        # The variables of the make that runs the bench are not those of this one.
        env={name: value for name, value in os.environ.items() if "MAKE" not in name}
        | dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    lines: list[Line] = []

    def read() -> None:
        assert process.stdout is not None
        lines.extend(Line(text.rstrip(), monotonic() - began) for text in process.stdout)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        with MemoryWatch(process.pid) as memory:
            process.wait(_DEADLINE_S)
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"make run did not end within {_DEADLINE_S:.0f} s") from None
    finally:
        _stop(process)
        reader.join()
    if process.returncode:
        last = "\n".join(f"    {line.text}" for line in lines[-_LAST_LINES:])
        raise NotMeasured(f"make run ended with status {process.returncode}:\n{last}")
    return lines, memory


def _stop(process: subprocess.Popen[str]) -> None:
    """Lets it clean up, if it has not ended."""
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
