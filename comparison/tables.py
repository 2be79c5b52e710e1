"""Tables as data, for the page and for documents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    """Each begins with what it is of."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    return Table(head, [list(row) for row in rows])


def markdown(made: Table) -> str:
    lines = [made.head, ["---"] * len(made.head), *made.rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
