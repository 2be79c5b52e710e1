import pytest

from local.bench.figures import Figure, Summary, repetitions


def test_percentiles_lie_between_their_neighbours() -> None:
    summary = Summary.of([float(each) for each in range(101)])
    assert summary == Summary(n=101, min=0, p50=50, p95=95, p99=99, max=100)


def test_one_sample_is_all_its_percentiles() -> None:
    assert Summary.of([7.0]) == Summary(n=1, min=7.0, p50=7.0, p95=7.0, p99=7.0, max=7.0)


def test_no_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="no samples"):
        Summary.of([])


@pytest.mark.parametrize(("value", "ratio"), [(5.0, 0.5), (10.0, 1.0), (13.0, 1.3)])
def test_a_ratio_above_one_is_a_missed_target(value: float, ratio: float) -> None:
    assert Figure("invoke", value, "ms", target=10.0).ratio == pytest.approx(ratio)


def test_a_figure_without_a_target_has_no_ratio() -> None:
    assert Figure("throughput", 80.0, "/s").ratio is None


def test_the_median_of_the_samples_is_the_value() -> None:
    figure = Figure.median("invoke", [9.0, 1.0, 2.0], "ms")
    assert (figure.value, figure.samples) == (2.0, [9.0, 1.0, 2.0])


@pytest.mark.parametrize(("full", "times"), [(500, 50), (10, 2)])
def test_a_quick_run_measures_a_tenth_as_often_but_never_once(full: int, times: int) -> None:
    assert repetitions(full, quick=True) == times
    assert repetitions(full, quick=False) == full
