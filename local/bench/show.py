"""The figures as tables to read, and as JSON to work with."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from local.bench.figures import Figure

_WIDTH_OF_A_FILE = 150


def console() -> Console:
    """Standard output, with lines long enough for the tables where no terminal limits them."""
    output = Console()
    return output if output.is_terminal else Console(width=_WIDTH_OF_A_FILE)


def table(section: str, figures: Sequence[Figure], note: str = "") -> Table:
    shown = Table(
        title=section,
        title_justify="left",
        caption=note or None,
        caption_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    shown.add_column("figure", overflow="fold")
    for heading in ("measured", "target", "ratio", "n", "min", "p50", "p95", "p99", "max"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("beside it", overflow="fold")
    for figure in figures:
        shown.add_row(figure.name, *_measured(figure), *_spread(figure), _beside(figure))
    return shown


def write(path: Path, section: str, figures: Sequence[Figure]) -> None:
    """Puts the section into the file, in which the other sections' latest figures stay."""
    measured = json.loads(path.read_text()) if path.exists() else {}
    measured[section] = {
        "measuredAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.platform()}, {os.cpu_count()} cores",
        "figures": [_raw(figure) for figure in figures],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(measured, indent=1))


def number(value: float) -> str:
    """With about three digits that count."""
    size = abs(value)
    return f"{value:,.{0 if size >= 100 else 1 if size >= 10 else 2}f}"


def _measured(figure: Figure) -> tuple[str, str, str]:
    unit = f" {figure.unit}" if figure.unit else ""
    if figure.target is None or figure.ratio is None:
        return number(figure.value) + unit, "", ""
    return number(figure.value) + unit, f"≤ {figure.target:g}{unit}", f"{figure.ratio:.2f}"


def _spread(figure: Figure) -> list[str]:
    summary = figure.summary
    if summary is None:
        return [""] * 6
    values = (summary.min, summary.p50, summary.p95, summary.p99, summary.max)
    return [str(summary.n), *map(number, values)]


def _beside(figure: Figure) -> str:
    others = (f"{name} {number(median(series))}" for name, series in figure.beside.items())
    return "; ".join(filter(None, (*others, figure.note)))


def _raw(figure: Figure) -> dict[str, Any]:
    summary = figure.summary
    return asdict(figure) | {
        "ratio": figure.ratio,
        "summary": asdict(summary) if summary else None,
    }
