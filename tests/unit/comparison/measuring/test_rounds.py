"""Rounds of a rate become a figure with its spread."""

import pytest

from comparison.measured import Interval
from comparison.measuring.rounds import interval, times


def test_an_interval_is_the_middle_of_the_rounds_between_their_extremes() -> None:
    assert interval([30.0, 10.0, 20.0]) == Interval(value=20, low=10, high=30)


def test_percentiles_are_those_of_each_round() -> None:
    found = times([[1.0, 2.0, 3.0], [11.0, 12.0, 13.0], [21.0, 22.0, 23.0]])

    assert found.n == 9
    assert found.p50 == Interval(value=12, low=2, high=22)


def test_a_round_without_a_payment_is_no_round() -> None:
    with pytest.raises(ValueError, match="no samples"):
        times([[1.0], []])
