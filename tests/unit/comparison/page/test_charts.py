"""What a chart draws is as long as what it is of."""

import pytest

from comparison.page.charts import Bar, Mark, Spread, Tile, bars, decades, spreads, tiles
from tests.unit.comparison.page.document import Element, parse

TICKS = {10.0: "10", 100.0: "100", 1000.0: "1,000"}


def number(element: Element, attribute: str) -> float:
    return float(element.attributes[attribute])


def test_parts_of_bars_are_as_long_as_their_values() -> None:
    rows = [
        Bar("decouple", "3", [("s0", "one", 1), ("s1", "two", 2)]),
        Bar("pubsub-sns", "6", [("s0", "one", 6)]),
    ]
    parts = parse(bars("bars", rows)).having(lambda each: "part" in each.classes)

    one, two, six = (number(part, "width") for part in parts)
    assert (two / one, six / one) == (pytest.approx(2, abs=0.01), pytest.approx(6, abs=0.01))
    first, second, _ = parts
    assert number(second, "x") == pytest.approx(number(first, "x") + one, abs=0.02)


def test_a_part_of_nothing_is_not_drawn() -> None:
    drawn = parse(bars("bars", [Bar("decouple", "0", [("s0", "none", 0)])]))

    assert not drawn.having(lambda each: "part" in each.classes)


def test_a_mark_reaches_from_its_least_to_its_most() -> None:
    rows = [Spread("decouple", "100", [Mark(100, 10, 1000)])]
    (mark,) = parse(spreads("spreads", rows, TICKS)).having(lambda each: "mark" in each.classes)

    across, *_ = mark.all("line")
    (dot,) = mark.all("circle")
    left, right = number(across, "x1"), number(across, "x2")
    assert left < right
    assert number(dot, "cx") == pytest.approx((left + right) / 2)  # the scale is logarithmic


def test_what_is_beyond_the_scale_is_at_its_end() -> None:
    rows = [Spread("decouple", "0", [Mark(0, 0, 5_000)])]
    (mark,) = parse(spreads("spreads", rows, TICKS)).having(lambda each: "mark" in each.classes)

    across, *_ = mark.all("line")
    assert (number(across, "x1"), number(across, "x2")) == (5, 335)


def test_a_scale_too_long_for_a_phone_names_every_other_tick_and_its_end() -> None:
    words = ["10 ms", "30 ms", "0.1 s", "0.3 s", "1 s", "3 s", "10 s", "30 s"]
    ticks = {10.0**tick: name for tick, name in enumerate(words)}
    drawn = parse(spreads("spreads", [Spread("decouple", "1", [Mark(1, 1, 1)])], ticks))

    named = [each.text for each in drawn.having(lambda each: "tick" in each.classes)]
    assert named == ["10 ms", "0.1 s", "1 s", "10 s", "30 s"]
    assert len(drawn.having(lambda each: "grid" in each.classes)) == len(ticks)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([20, 80], [10, 100]),
        ([20, 300], [10, 100, 1000]),
        ([100], [10, 100, 1000]),
        ([1, 5], [10, 100]),
        ([5_000], [100, 1000]),
    ],
)
def test_the_scale_holds_all_values_and_has_a_length(
    values: list[float], ticks: list[float]
) -> None:
    assert list(decades(values, TICKS)) == ticks


def test_tiles_are_told_and_tinted() -> None:
    drawn = parse(tiles("tiles", ["1", "10"], {"decouple": [Tile("none", 0), Tile("90 %", 4)]}))

    assert [each.text for each in drawn.all("text")] == ["1", "10", "decouple", "none", "90 %"]
    assert [each.classes for each in drawn.all("rect")] == [["tile", "t0"], ["tile", "t4"]]


def test_text_in_a_drawing_is_text() -> None:
    assert "<b>" not in bars("<b>", [Bar("<b>", "<b>", [])])
