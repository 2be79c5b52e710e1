"""Which limit a variant meets first."""

import pytest

from comparison.simulation.bounds import bounds, first_reached
from comparison.simulation.fluid import Flood
from comparison.simulation.limits import Limits
from local.variants import VARIANTS

from .conftest import FlowOf


@pytest.mark.parametrize("name", VARIANTS)
def test_the_slow_downstream_is_reached_first(flow_of: FlowOf, name: str) -> None:
    lowest = bounds(flow_of(name, 50), Limits())[0]

    assert lowest.rate == pytest.approx(50)
    assert "Sales" in lowest.what


def test_a_stage_that_all_calls_pass_lets_a_quarter_of_the_payments_through(
    flow_of: FlowOf,
) -> None:
    of_stage = {
        name: next(
            bound.rate
            for bound in bounds(flow_of(name, 50), Limits(throttle=200))
            if bound.what == "ThrottlingRate"
        )
        for name in ("apigw-single", "apigw-multiple")
    }

    assert of_stage == {"apigw-single": 50, "apigw-multiple": 200}  # docs/apigw.md


@pytest.mark.parametrize("name", VARIANTS)
def test_below_the_first_refusal_nobody_is_refused_and_above_it_some_are(
    flow_of: FlowOf, name: str
) -> None:
    limits = Limits(throttle=200, gateway_burst=200, concurrency=300)
    of = flow_of(name, 100_000)
    rate = next(b.rate for b in bounds(of, limits) if b.then == "clients are refused")

    assert Flood(of, limits, rate * 0.95, 20).run().refused == {}
    assert Flood(of, limits, rate * 1.3, 20).run().refused


def test_what_is_shown_has_a_refusal(flow_of: FlowOf) -> None:
    shown = first_reached(flow_of("pubsub-sns", 50), Limits(), 3)

    assert len(shown) == 3
    assert shown[-1].then == "clients are refused"
