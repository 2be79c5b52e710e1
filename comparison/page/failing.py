"""What clients see when something breaks, and how long it takes until all is done."""

from collections.abc import Callable, Mapping, Sequence

from comparison.failures import Cell, Failures
from comparison.page.charts import Bar, Tile, bars, tiles
from comparison.page.figure import Badge, Chart, Figure, Section
from comparison.tables import table
from comparison.units import seconds
from local.variants import VARIANTS

_FIRST: Mapping[str, Sequence[str]] = {
    "One downstream is slow": ("sales-times-out",),
    "One downstream is down": ("sales-throttled", "sales-throws"),
    "The ledger’s database is away": ("database-cut", "database-restarted"),
}
"""Of each the first that was tried."""


def section(failures: Failures) -> Section:
    return Section(
        "failure",
        "What happens when something breaks",
        f"From {len(failures.cells)} cells of make chaos ({failures.date}, commit"
        f" {failures.commit}): payments come, something breaks in their middle, clients repeat what"
        " failed, and the stores are counted.",
        [
            *(_fault(title, fault, failures) for title, fault in first_shown(failures).items()),
            _all(failures),
        ],
    )


def _fault(title: str, fault: str, failures: Failures) -> Figure:
    cells = failures.of(fault)

    def chart(caption: str, of: Callable[[Cell], tuple[float, str]], most: float = 0) -> Chart:
        rows = [Bar(name, of(c)[1], [("own", of(c)[1], of(c)[0])]) for name, c in cells.items()]
        told = "; ".join(f"{row.name} {row.says}" for row in rows)
        return Chart(caption, bars(f"{title}, {caption.lower()}: {told}", rows, most))

    return Figure(
        id=fault,
        title=title,
        badges=[Badge.COUNTED, Badge.MEASURED],
        charts=[
            chart("Answers that were errors", _errors, most=1),
            chart("The longest that a client waited", _waited),
            chart("Until nothing was left to be done", _healed),
        ],
        says=[f"{fault}: {failures.faults[fault]}. Each cell ran once: seconds have no range."],
        table=table(
            ["variant", "errors", "waited, half", "waited, most", "healed after"],
            (
                [
                    name,
                    f"{cell.errors} of {cell.requests}",
                    seconds(cell.waited_p50_s),
                    seconds(cell.waited_most_s),
                    seconds(cell.healed_s),
                ]
                for name, cell in cells.items()
            ),
        ),
    )


def _errors(cell: Cell) -> tuple[float, str]:
    return cell.errors / cell.requests, f"{cell.errors} of {cell.requests}"


def _waited(cell: Cell) -> tuple[float, str]:
    return cell.waited_most_s, seconds(cell.waited_most_s)


def _healed(cell: Cell) -> tuple[float, str]:
    return cell.healed_s, seconds(cell.healed_s)


def _all(failures: Failures) -> Figure:
    found = {fault: failures.of(fault) for fault in failures.faults}
    return Figure(
        id="every-fault",
        title="Every fault",
        badges=[Badge.COUNTED, Badge.MEASURED],
        charts=[
            Chart(
                "Of all faults: those without an error for a client, and the worst",
                tiles(
                    "Of all faults: " + "; ".join(_shares(failures)),
                    ["faults", "without errors", "worst", "healed at last"],
                    {name: _tiles(failures, name) for name in VARIANTS},
                ),
            )
        ],
        says=[
            f"Payments, leads and mails that were lost in all of them: {failures.lost}.",
            "Healed includes the few seconds of the payments that still came.",
        ],
        table=table(
            ["fault", *VARIANTS],
            ([fault, *(_cell(cells.get(n)) for n in VARIANTS)] for fault, cells in found.items()),
        ),
    )


def _of(failures: Failures, name: str) -> list[Cell]:
    return [cell for cell in failures.cells if cell.variant == name]


def _tiles(failures: Failures, name: str) -> Sequence[Tile]:
    cells = _of(failures, name)
    if not cells:
        return [Tile("–", 0)] * 4
    quiet = sum(not cell.errors for cell in cells)
    worst = max(cell.errors / cell.requests for cell in cells)
    longest = max(cell.healed_s for cell in cells)
    return [
        Tile(str(len(cells)), 0),
        Tile(str(quiet), 0),
        Tile(f"{worst:.0%}", level(worst)),
        Tile(seconds(longest), 0),
    ]


def _shares(failures: Failures) -> list[str]:
    return [
        f"{name} {sum(not cell.errors for cell in cells)} of {len(cells)} faults without an error"
        for name in VARIANTS
        if (cells := _of(failures, name))
    ]


def level(share: float) -> int:
    """How bad it is that so many were turned away."""
    return sum(share > limit for limit in (0, 0.1, 0.4, 0.8))


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    return f"{cell.errors} of {cell.requests}, {seconds(cell.healed_s)}"


def first_shown(failures: Failures) -> dict[str, str]:
    """Faults that everybody asks about, by what they are called here."""
    return {
        title: fault
        for title, faults in _FIRST.items()
        if (fault := next((each for each in faults if each in failures.faults), None))
    }
