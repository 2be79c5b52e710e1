"""The model is fitted to the lowest rate that was measured, and then stands on its own."""

import pytest

from comparison.measured import Function, Interval, Load, Measured, Template, Times, Variant
from comparison.simulation.validation import Row, validate

ROUNDS = 3


def exactly(milliseconds: float) -> Interval:
    return Interval(value=milliseconds, low=milliseconds, high=milliseconds)


def times(milliseconds: float) -> Times:
    each = exactly(milliseconds)
    return Times(n=300, p50=each, p95=each, p99=each)


def measured(*, sales_ms: float, name: str = "decouple") -> Measured:
    """As if it took 200 ms at any rate."""
    loads = tuple(
        Load(
            offered=rate,
            payments=300,
            completed=300,
            refused={},
            answered=times(50),
            done=times(200),
        )
        for rate in (2.0, 10.0)
    )
    functions = {
        function: Function(invocations=1, billed_ms=exactly(ms), memory_mb=512)
        for function, ms in (("SalesConsumerFunction", sales_ms), ("OutcomesConsumerFunction", 5.0))
    }
    variant = Variant(
        loads=loads,
        calls={},
        messages={"SalesQueue": 1, "OutcomesQueue": 1},
        functions=functions,
        template=Template(file="template.yaml", lines=1, resources=1),
    )
    return Measured(
        at="2026-11-01T00:00:00+00:00",
        commit="0000000",
        machine="none",
        seconds=0,
        rounds=ROUNDS,
        variants={name: variant},
    )


def rows(**of: float) -> list[Row]:
    return list(validate(measured(**of)))


def test_the_model_says_of_the_lowest_rate_what_was_measured() -> None:
    lowest, _ = rows(sales_ms=20)

    assert lowest.ratio == pytest.approx(1, abs=0.15)


def test_a_consumer_that_keeps_up_makes_nobody_wait() -> None:
    _, faster = rows(sales_ms=20)

    assert faster.ratio == pytest.approx(1, abs=0.25)


def test_a_consumer_that_cannot_keep_up_is_seen() -> None:
    """10 a second of 150 ms each, one after the other."""
    _, faster = rows(sales_ms=150)

    assert faster.ratio > 5


def test_nothing_waits_in_line_behind_a_gateway() -> None:
    run = measured(sales_ms=20, name="apigw-single")
    direct = run.variants["apigw-single"].model_copy(update={"messages": {}})

    assert list(validate(run.model_copy(update={"variants": {"apigw-single": direct}}))) == []
