"""Measures what the project promises: `python -m local.bench [--quick] [SECTION...]`."""

import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from rich.console import Console

from local.bench import (
    channels,
    cold_start,
    gateways,
    import_cost,
    invoke,
    load,
    make_run,
    show,
    size,
)
from local.bench.figures import Figure, NotMeasured
from local.paths import STATE
from local.paying.portfolio import ImportFailed
from local.sam import SamFailed
from local.servers.process import ServerCrashed
from local.signals import Stopped, raise_stopped
from local.stack import DeployFailed

_RAW = STATE / "bench.json"
_FAILURES = (
    DeployFailed,
    ImportFailed,
    NotMeasured,
    OSError,
    SamFailed,
    ServerCrashed,
    subprocess.SubprocessError,
)


class Section(Protocol):
    def __call__(self, *, quick: bool) -> Iterator[Figure]: ...


_SECTIONS: Mapping[str, Section] = {
    "invoke": invoke.measure,
    "cold": cold_start.measure,
    "imports": import_cost.measure,
    "size": size.measure,
    "run": make_run.measure,
    "fresh": make_run.measure_fresh,
    "load": load.measure,
    "gateways": gateways.measure,
    "channels": channels.measure,
}
_NOTES = {"channels": channels.NOTE}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(prog="python -m local.bench", description=__doc__)
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"{', '.join(_SECTIONS)}; all by default"
    )
    parser.add_argument("--quick", action="store_true", help="a trial with a tenth of the calls")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.sections if name not in _SECTIONS]:
        parser.error(f"no section {', '.join(unknown)}, but {', '.join(_SECTIONS)}")
    raise_stopped()
    console = show.console()
    try:
        failed = [
            name
            for name in options.sections or _SECTIONS
            if not _measured(console, name, quick=options.quick)
        ]
    except Stopped as stopped:
        return stopped.exit_status
    console.print(f"The raw figures are in {_RAW}.", highlight=False, soft_wrap=True)
    return 1 if failed else 0


def _measured(console: Console, name: str, *, quick: bool) -> bool:
    """Whether the section's figures could be taken; what went wrong does not end the others."""
    try:
        with console.status(name):
            figures = list(_SECTIONS[name](quick=quick))
    except _FAILURES as error:
        console.print(f"{name}: {error}", markup=False, highlight=False, soft_wrap=True)
        return False
    console.print(show.table(name, figures, _NOTES.get(name, "")))
    show.write(_RAW, name, figures)
    return True


if __name__ == "__main__":
    sys.exit(main())
