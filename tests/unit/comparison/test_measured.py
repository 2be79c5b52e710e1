"""Figures that were measured are compared by their intervals."""

from comparison.measured import Interval, ranked


def between(low: float, high: float) -> Interval:
    return Interval(value=(low + high) / 2, low=low, high=high)


def test_overlapping_intervals_tie() -> None:
    assert between(1, 3).ties_with(between(2, 4))
    assert between(2, 4).ties_with(between(1, 3))
    assert between(1, 3).ties_with(between(3, 5))
    assert not between(1, 2).ties_with(between(3, 4))


def test_what_ties_shares_a_place() -> None:
    times = {"slow": between(50, 60), "fast": between(10, 20), "as fast": between(14, 30)}

    assert ranked(times) == [["fast", "as fast"], ["slow"]]


def test_a_chain_of_ties_is_none_from_end_to_end() -> None:
    chain = {"a": between(0, 10), "b": between(8, 18), "c": between(16, 26)}

    assert ranked(chain) == [["a", "b"], ["c"]]
