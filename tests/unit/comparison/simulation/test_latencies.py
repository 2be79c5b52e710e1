"""Distributions have the percentiles that were published."""

import tomllib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison.simulation.latencies import FILE, Latencies, LogNormal


@given(p50=st.floats(0.001, 1), factor=st.floats(1, 20))
def test_a_fitted_distribution_has_the_percentiles_it_was_fitted_to(
    p50: float, factor: float
) -> None:
    fitted, random = LogNormal.fitted(p50, p50 * factor), Random(1)
    samples = sorted(fitted.sample(random) for _ in range(4_000))

    assert samples[2_000] == pytest.approx(p50, rel=0.15)
    assert samples[3_960] == pytest.approx(p50 * factor, rel=0.35)


@given(mean=st.floats(0.001, 10))
def test_a_distribution_can_be_given_another_mean_and_stays_as_wide(mean: float) -> None:
    before = LogNormal.fitted(0.016, 0.021)
    after = before.with_mean(mean)

    assert after.mean == pytest.approx(mean)
    assert after.sigma == before.sigma


def test_percentiles_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="p50"):
        LogNormal.fitted(2.0, 1.0)


def test_every_latency_is_sourced_and_dated_or_marked_as_unchecked() -> None:
    entries = tomllib.loads(FILE.read_text())

    for name, entry in entries.items():
        assert entry["source"], name
        assert "as_of" in entry or entry["checked"] is False, name
    assert Latencies.published().sqs.mean > 0.016
