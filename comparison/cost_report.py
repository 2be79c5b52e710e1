"""What the variants cost, as tables."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from comparison import cost, narrow
from comparison.cost import Line
from comparison.counts import Counts, How
from comparison.levers import LOST_WITH_HTTP, Levers
from comparison.prices import Prices

_UNCHECKED = "~"


def show(
    console: Console, names: Sequence[str], counts: Counts, prices: Prices, levers: Levers
) -> None:
    paid = {name: cost.of_payments(name, counts, prices, levers) for name in names}
    idle = {name: cost.of_idle_month(name, counts, prices, levers) for name in names}
    titles = {
        f"USD for a million payments, {prices.region}": paid,
        f"USD for a month without any, {levers.payments:,} payments stored": idle,
    }
    for title, lines in titles.items():
        console.print()
        console.print(
            _details(title, *lines.values()) if len(names) == 1 else _beside(title, lines)
        )
    for note in _notes(names, counts, prices, levers, [*paid.values(), *idle.values()]):
        console.print(f"\n{note}", markup=False, highlight=False)


def _beside(title: str, lines_of: Mapping[str, Sequence[Line]]) -> Table:
    """The variants beside each other, a row for each line of the bill."""
    table = narrow.table(title)
    table.add_column("", no_wrap=True)
    for name in lines_of:
        table.add_column(_folded(name), justify="right", vertical="bottom", min_width=8)
    for lines in zip(*lines_of.values(), strict=True):  # of one kind, each of another variant
        if any(line.quantity for line in lines):
            cells = (f"{line.usd:.2f}" if line.quantity else "" for line in lines)
            table.add_row(_name(lines[0]), *cells)
    table.add_section()
    table.add_row("Total", *(f"{cost.total(lines):.2f}" for lines in lines_of.values()))
    if any(line.what == cost.MAILS for lines in lines_of.values() for line in lines):
        rest = [[line for line in lines if line.what != cost.MAILS] for lines in lines_of.values()]
        table.add_row("Total without mails", *(f"{cost.total(lines):.2f}" for lines in rest))
    return table


def _details(title: str, lines: Sequence[Line]) -> Table:
    """A variant's bill, with what each line is a product of."""
    table = narrow.table(title)
    table.add_column("", no_wrap=True)
    table.add_column("quantity", justify="right", min_width=12)
    table.add_column("", min_width=12)
    table.add_column("price", justify="right", min_width=18)
    table.add_column("USD", justify="right", min_width=8)
    for line in filter(_is_used, lines):
        price = f"{line.price.usd:.10f}".rstrip("0").rstrip(".")
        table.add_row(
            _name(line),
            _number(line.quantity),
            f" {line.unit}",
            price if line.price.per == 1 else f"{price} / {line.price.per:,}",
            f"{line.usd:.2f}",
        )
    table.add_section()
    table.add_row("Total", "", "", "", f"{cost.total(lines):.2f}")
    return table


def _notes(
    names: Sequence[str],
    counts: Counts,
    prices: Prices,
    levers: Levers,
    bills: Sequence[Sequence[Line]],
) -> list[str]:
    notes = [
        "List prices (data/prices.toml) × counts (docs/comparison/counts.json), without free tier,"
        " taxes, and transfer to the internet. Counts were "
        + ", ".join(f"{how}: {', '.join(fields)}" for how, fields in _obtained(names, counts))
        + "."
    ]
    used = [line for lines in bills for line in filter(_is_used, lines)]
    if any(not line.price.checked for line in used):
        notes.append(f"{_UNCHECKED} no dated source was found for this price in {prices.region}.")
    if "decouple" in names and len(names) > 1:
        notes.append("decouple has no Communication, and so sends no mail and writes fewer items.")
    if levers.batch > 1:
        notes.append(
            f"{levers.batch:g} messages at once: receives, deletes and invocations of consumers"
            f" are divided by {levers.batch:g}. Without a rush queues are empty, and a batch is 1."
        )
    if levers.polls is not None:
        notes.append("Polls do not apply to apigw-*: their answer has the outcome.")
    if levers.gateway == "http":
        notes.append(f"{LOST_WITH_HTTP}.")
    return notes


def _obtained(names: Sequence[str], counts: Counts) -> list[tuple[str, list[str]]]:
    fields: dict[How, set[str]] = {how: set() for how in How}
    for name in names:
        for field, obtained in counts.variants[name].obtained.items():
            fields[obtained.how].add(field.removeprefix("payment."))
    return [(str(how), sorted(found)) for how, found in fields.items() if found]


def _is_used(line: Line) -> bool:
    return line.quantity > 0


def _name(line: Line) -> str:
    return line.what + ("" if line.price.checked else _UNCHECKED)


def _folded(name: str) -> str:
    """A line for each word."""
    return name.replace("-", "-\n")


def _number(quantity: float) -> str:
    if quantity >= 100:
        return f"{quantity:,.0f}"
    return f"{quantity:.3g}"
