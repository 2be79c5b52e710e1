"""A figure is as long as what it says."""

import pytest

from comparison import units


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (units.number(0), "0"),
        (units.number(0.0567), "0.057"),
        (units.number(4.02), "4.02"),
        (units.number(12), "12"),
        (units.number(1234.5), "1,234"),
        (units.milliseconds(44.4), "44 ms"),
        (units.milliseconds(1310), "1.31 s"),
        (units.seconds(0.43), "0.43 s"),
        (units.seconds(90), "90 s"),
        (units.seconds(600), "10 min"),
        (units.seconds(86_400), "24.0 h"),
        (units.share(0.001), "< 1 %"),
        (units.share(0.9), "90\u202f%"),
        (units.usd(1234.5), "1,234.50"),
    ],
)
def test_figures_are_read_with_their_units(told: str, expected: str) -> None:
    assert told == expected
