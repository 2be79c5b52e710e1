"""Renders docs/failure-matrix.md from the recordings of a whole run of `make chaos`.

What was recorded is kept beside it, so that the page can be rendered again.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from comparison import failures
from comparison.tables import markdown, table
from local.commit import commit
from local.variants import VARIANTS
from tests.chaos.cell import RECORDINGS
from tests.chaos.faults import EFFECTS, faults

KEPT = failures.FILE
PAGE = KEPT.with_suffix(".md")

type Cell = Mapping[str, Any]
"""A recording."""

_INTRODUCTION = """\
# The failure matrix

Every cell is an end-to-end test against a deployed stack in the local cloud: {payments} payments
through a variant, a fault in their middle, retries with the same key; then the stores are counted.
[failures.md](failures.md) tells how to read it, and which pattern to choose for which failure.

Run on {date} at commit `{commit}`: {cells} cells in {minutes} minutes, by `make chaos`, which makes
this page from that run's recordings ([failure-matrix.json](failure-matrix.json)): do not edit it.

In each cell: how many requests of clients were answered with an error, of how many, and how many
seconds after the fault nothing was left to be done. In no cell a payment, a lead or an e-mail was
lost. What came twice is named: only mails of which nobody had lived to note that they were sent. A
dash: the variant has nothing that could break so.
"""


class Incomplete(Exception):
    """Not every cell was run, or not every one is green."""


def expected() -> set[tuple[str, str]]:
    return {(variant, fault) for variant in VARIANTS for fault in faults(variant)}


def recorded() -> list[Cell]:
    """In the order of variants and faults. Raises Incomplete."""
    cells = [json.loads(path.read_text()) for path in RECORDINGS.glob("*/*.json")]
    found = {(cell["variant"], cell["fault"]): cell for cell in cells}
    red = sorted(name for name, cell in found.items() if cell["violations"])
    if red or expected() - found.keys():
        raise Incomplete(f"red: {red}; not run: {sorted(expected() - found.keys())}")
    return [found[variant, fault] for variant in VARIANTS for fault in faults(variant)]


def kept(cells: Sequence[Cell], commit: str) -> dict[str, Any]:
    """What is checked in of a run."""
    begun = [datetime.fromisoformat(cell["at"]) for cell in cells]
    ended = [at + timedelta(seconds=cell["took_s"]) for at, cell in zip(begun, cells, strict=True)]
    took = max(ended) - min(begun)
    return {
        "date": f"{min(begun):%Y-%m-%d}",
        "commit": commit,
        "minutes": round(took.total_seconds() / 60),
        "cells": cells,
    }


def render(run: Mapping[str, Any]) -> str:
    cells: Sequence[Cell] = run["cells"]
    introduction = _INTRODUCTION.format(
        payments=cells[0]["payments"],
        date=run["date"],
        commit=run["commit"],
        cells=len(cells),
        minutes=run["minutes"],
    )
    parts = [introduction, "## All variants", _overview(cells)]
    for variant in VARIANTS:
        own = [cell for cell in cells if cell["variant"] == variant]
        parts += [f"## `{variant}`", _details(own), *_notes(own)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _overview(cells: Sequence[Cell]) -> str:
    found = {(cell["variant"], cell["fault"]): cell for cell in cells}
    names = dict.fromkeys(cell["fault"] for cell in cells)
    rows = [
        [f"`{name}`", *(_summary(found.get((variant, name))) for variant in VARIANTS)]
        for name in names
    ]
    return markdown(table(["fault", *(f"`{variant}`" for variant in VARIANTS)], rows))


def _summary(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    seen = failures.Cell.model_validate(cell)
    parts = [f"{seen.errors} of {seen.requests}, {seen.healed_s:.0f} s", *_twice(cell)]
    return "; ".join(parts)


def _details(cells: Sequence[Cell]) -> str:
    head = ["fault", "what it means", "hit", "clients saw", "waited", "lost", "twice"]
    rows = [
        [
            f"`{cell['fault']}`",
            cell["meaning"],
            str(cell["struck"] or ""),
            _counts(cell["answers"].items()),
            f"{cell['waited_p50_s']:.1f} s, {cell['waited_most_s']:.1f} s",
            str(sum(cell["lost"].values())),
            ", ".join(_twice(cell)) or "0",
            _counts(sorted(cell["waited_in"].items(), key=lambda item: -item[1])),
            str(cell["redriven"] or ""),
            str(cell["failed"] or ""),
            f"{cell['healed_s']:.0f} s",
        ]
        for cell in cells
    ]
    return markdown(table([*head, "where it waited", "redriven", "failed", "healed"], rows))


def _notes(cells: Sequence[Cell]) -> Iterator[str]:
    lines = [f"- `{cell['fault']}`: {note}." for cell in cells for note in cell["notes"]]
    if lines:
        yield "\n".join(lines)


def _twice(cell: Cell) -> list[str]:
    return [
        f"{effect} twice: {cell['doubled'][effect]}"
        for effect in EFFECTS
        if cell["doubled"].get(effect)
    ]


def _counts(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name}: {number}" for name, number in counts)


def main() -> int:
    try:
        run = kept(recorded(), commit())
    except Incomplete as error:
        print(error, file=sys.stderr)
        return 1
    lines = ",\n".join(json.dumps(cell) for cell in run["cells"])
    head = json.dumps({**run, "cells": []}, indent=1).removesuffix("[]\n}")
    KEPT.write_text(f"{head}[\n{lines}\n]}}\n")
    PAGE.write_text(render(run))
    print(f"{len(run['cells'])} cells are green, in {run['minutes']} minutes: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
