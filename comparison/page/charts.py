"""Charts of rows, each row with its name and figure above it: as wide as a phone, so that what is
written in them can be read there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup

from comparison.guide import family
from comparison.page import svg

WIDTH = 340.0
_ROW = 38.0
_SPREAD_ROW = 42.0
_TOP = 6.0
_AXIS = 24.0
_MARGIN = 5.0
_MOST_NAMES = 7


@dataclass(frozen=True)
class Mark:
    """A value, and from where to where it was found. `kind`: a class of the style sheet."""

    value: float
    low: float
    high: float
    kind: str = "first"


@dataclass(frozen=True)
class Spread:
    """A row of marks on one scale."""

    name: str
    says: str
    marks: Sequence[Mark]


def spreads(title: str, rows: Sequence[Spread], ticks: Mapping[float, str]) -> Markup:
    """Values with their ranges, on a logarithmic scale; what is beyond the ticks is at its end."""
    least, most = min(ticks), max(ticks)

    def place(value: float) -> float:
        within = min(max(value, least), most)
        along = (log10(within) - log10(least)) / (log10(most) - log10(least))
        return _MARGIN + along * (WIDTH - 2 * _MARGIN)

    bottom = _TOP + _SPREAD_ROW * len(rows)
    parts = [svg.line(place(tick), _TOP, place(tick), bottom, "grid") for tick in ticks]
    for number, row in enumerate(rows):
        top = _TOP + _SPREAD_ROW * number
        parts.append(_heading(top, row.name, row.says))
        parts += [_mark(place, row.name, mark, top + 25) for mark in row.marks]
    parts += [_tick(place(tick), bottom, ticks[tick], ticks) for tick in _named(ticks)]
    return svg.drawing(title, WIDTH, bottom + _AXIS, *parts, kind="chart")


@dataclass(frozen=True)
class Bar:
    """A row whose parts add up. `parts`: the class of each, what it is, and its value. `span`: the
    least and the most that the whole was.
    """

    name: str
    says: str
    parts: Sequence[tuple[str, str, float]]
    span: tuple[float, float] | None = None

    @property
    def end(self) -> float:
        total = sum(value for _, _, value in self.parts)
        return max(total, self.span[1]) if self.span else total


def bars(title: str, rows: Sequence[Bar], most: float | None = None) -> Markup:
    longest = most or max((row.end for row in rows), default=0) or 1
    scale = (WIDTH - 2 * _MARGIN) / longest
    parts = []
    for number, row in enumerate(rows):
        top = _TOP + _ROW * number
        parts.append(_heading(top, row.name, row.says))
        parts.append(svg.line(_MARGIN, top + 19, _MARGIN, top + 34, "axis"))
        parts += _bar(row, top + 20, scale)
    return svg.drawing(title, WIDTH, _TOP + _ROW * len(rows), *parts, kind="chart")


@dataclass(frozen=True)
class Tile:
    says: str
    level: int
    """From 0, nothing of note, to 4."""


def tiles(title: str, columns: Sequence[str], rows: Mapping[str, Sequence[Tile]]) -> Markup:
    """A table whose cells are tinted by how bad it is."""
    width = (WIDTH - 2) / len(columns)
    parts = [
        svg.text(1 + width * (number + 0.5), 12, name, "tick middle")
        for number, name in enumerate(columns)
    ]
    for number, (name, cells) in enumerate(rows.items()):
        top = 20 + 42.0 * number
        parts.append(svg.text(1, top + 11, name, f"name f-{family(name)}"))
        for column, tile in enumerate(cells):
            left = 1 + width * column
            parts.append(svg.box(left + 1, top + 16, width - 2, 22, f"tile t{tile.level}", 3))
            middle = left + width / 2
            parts.append(svg.text(middle, top + 31, tile.says, f"tiled middle on-t{tile.level}"))
    return svg.drawing(title, WIDTH, 20 + 42.0 * len(rows), *parts, kind="chart")


def decades(values: Sequence[float], unit: Mapping[float, str]) -> dict[float, str]:
    """Those of the ticks that hold all values, at least two."""
    ticks = sorted(unit)
    low = max([t for t in ticks if t <= min(values)], default=ticks[0])
    high = min([t for t in ticks if t >= max(values)], default=ticks[-1])
    if low == high:
        at = ticks.index(low)
        low, high = ticks[max(at - 1, 0)], ticks[min(at + 1, len(ticks) - 1)]
    return {tick: unit[tick] for tick in ticks if low <= tick <= high}


def rounded_up(value: float) -> float:
    """To 1, 2 or 5 of the value's size."""
    size = 10 ** floor(log10(value)) if value > 0 else 1.0
    return next(step * size for step in (1, 2, 5, 10) if value <= step * size)


def _heading(top: float, name: str, says: str) -> Markup:
    return svg.group(
        svg.text(_MARGIN, top + 13, name, f"name f-{family(name)}"),
        svg.text(WIDTH - _MARGIN, top + 13, says, "value end"),
    )


def _mark(place: Callable[[float], float], name: str, mark: Mark, y: float) -> Markup:
    return svg.group(
        *_range(place(mark.low), place(mark.high), y),
        svg.element("circle", cx=place(mark.value), cy=y, r=4.5, class_="dot"),
        class_=f"mark {mark.kind} f-{family(name)}",
    )


def _named(ticks: Mapping[float, str]) -> list[float]:
    """Those that there is room to write at: all, or every other one and the last."""
    ordered = sorted(ticks)
    return ordered if len(ordered) <= _MOST_NAMES else sorted({*ordered[::2], ordered[-1]})


def _tick(x: float, bottom: float, words: str, ticks: Mapping[float, str]) -> Markup:
    first, last = min(ticks), max(ticks)
    anchor = {ticks[first]: "tick", ticks[last]: "tick end"}.get(words, "tick middle")
    return svg.text(x, bottom + 14, words, anchor)


def _bar(row: Bar, top: float, scale: float) -> list[Markup]:
    parts, left = [], _MARGIN
    for kind, what, value in row.parts:
        if value <= 0:
            continue
        width = value * scale
        told = svg.element("title", f"{row.name}, {what}")
        rect = {"x": left, "y": top, "width": width, "height": 13.0}
        parts.append(svg.element("rect", told, class_=f"part {kind} f-{family(row.name)}", **rect))
        left += width
    if row.span:
        low, high = (_MARGIN + end * scale for end in row.span)
        parts.append(svg.group(*_range(low, high, top + 6.5), class_="mark span"))
    return parts


def _range(low: float, high: float, y: float) -> list[Markup]:
    ends = [svg.line(x, y - 4, x, y + 4, "range") for x in (low, high)]
    return [svg.line(low, y, high, y, "range"), *ends]
