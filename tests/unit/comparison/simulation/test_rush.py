"""What holds for every rush, whatever simulates it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparison.simulation.events import Rush
from comparison.simulation.flows import flow
from comparison.simulation.fluid import Flood
from comparison.simulation.latencies import Latencies
from comparison.simulation.limits import Limits
from comparison.simulation.outcome import Outcome
from local.variants import VARIANTS

from .conftest import FlowOf

LATENCIES = Latencies.published()
NAMES = st.sampled_from(list(VARIANTS))
LIMITS = st.builds(
    Limits,
    throttle=st.floats(5, 500),
    gateway_rate=st.floats(5, 500),
    gateway_burst=st.floats(5, 500),
    concurrency=st.integers(1, 100),
    dynamodb_writes=st.floats(50, 5_000),
)


def is_conserved(outcome: Outcome) -> None:
    refused = sum(outcome.refused.values())
    assert outcome.arrived == pytest.approx(outcome.done + refused + outcome.in_flight)
    assert min(outcome.done, outcome.in_flight, *outcome.refused.values()) >= -1e-6


@settings(max_examples=25)
@given(NAMES, LIMITS, st.floats(1, 100), st.floats(5, 100), st.integers(1, 100))
def test_no_payment_is_lost_or_made(
    name: str, limits: Limits, rate: float, capacity: float, seed: int
) -> None:
    outcome = Rush(flow(name, LATENCIES, capacity), limits, rate, 4, seed=seed).run()

    is_conserved(outcome)
    if outcome.drained_s is not None:
        assert outcome.in_flight == 0


@settings(max_examples=25)
@given(NAMES, LIMITS, st.floats(100, 100_000), st.floats(5, 100_000))
def test_no_payment_is_lost_or_made_in_a_flood(
    name: str, limits: Limits, rate: float, capacity: float
) -> None:
    is_conserved(Flood(flow(name, LATENCIES, capacity), limits, rate, 4).run())


@pytest.mark.parametrize("name", VARIANTS)
def test_more_payments_wait_longer_and_are_refused_more(flow_of: FlowOf, name: str) -> None:
    limits = Limits(throttle=200, concurrency=300)
    outcomes = [Flood(flow_of(name, 50), limits, rate, 10).run() for rate in (20, 100, 400, 5_000)]

    waits = [outcome.backlog.oldest_s for outcome in outcomes]
    refused = [outcome.refused_share for outcome in outcomes]
    assert refused == sorted(refused)
    assert waits[0] < waits[1]
    assert refused[-1] > 0.9


@pytest.mark.parametrize("name", VARIANTS)
def test_a_downstream_that_bears_more_is_drained_sooner(flow_of: FlowOf, name: str) -> None:
    drained = [Rush(flow_of(name, c), Limits(), 60, 10).run().drained_s for c in (20, 40, 200)]

    times = [seconds for seconds in drained if seconds is not None]
    assert len(times) == 3
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("name", VARIANTS)
def test_far_below_every_limit_nobody_waits_and_nobody_is_refused(
    flow_of: FlowOf, name: str
) -> None:
    outcome = Rush(flow_of(name, 1_000), Limits(), 5, 20).run()

    assert outcome.refused == {}
    assert outcome.backlog.oldest_s < 0.1
    assert outcome.completed is not None
    assert outcome.completed.p50 < 1


def test_a_queue_keeps_the_client_from_waiting_and_a_gateway_does_not(flow_of: FlowOf) -> None:
    queue = Rush(flow_of("decouple", 20), Limits(), 60, 10).run()
    call = Rush(flow_of("apigw-single", 20), Limits(), 60, 10).run()

    assert queue.answered is not None
    assert call.answered is not None
    assert queue.answered.p50 < 0.1
    assert call.answered.p50 > 2


def test_calls_between_services_take_from_the_clients_where_they_share_a_stage(
    flow_of: FlowOf,
) -> None:
    limits = Limits(throttle=80)
    single = Rush(flow_of("apigw-single", 1_000), limits, 60, 10).run()
    multiple = Rush(flow_of("apigw-multiple", 1_000), limits, 60, 10).run()

    assert single.refused["gateway"] > 0
    assert multiple.refused == {}


def test_the_same_payments_arrive_in_every_variant(flow_of: FlowOf) -> None:
    arrived = {Rush(flow_of(name, 50), Limits(), 30, 10).run().arrived for name in VARIANTS}

    assert len(arrived) == 1


# Rate, capacity, seconds and limits: without a limit, at a stage's, and at Lambda's.
RESUMED = "so long that orders are resumed in vain"
RUSHES = {
    "more than Sales bears": (80, 50, 20, Limits()),
    "much more": (200, 50, 10, Limits()),
    RESUMED: (70, 50, 100, Limits()),
    "more than a stage lets through": (300, 100, 10, Limits(throttle=200)),
    "more than there are executions": (300, 50, 10, Limits(concurrency=200)),
}
NEAR = 0.06
ROUGHLY = 0.35
"""Where the calls of one payment compete for the same few tokens or executions, chance counts."""
COMPETING = {
    ("apigw-single", "more than a stage lets through"),
    ("apigw-single", "more than there are executions"),
    ("apigw-multiple", "more than there are executions"),
}


@pytest.mark.parametrize("kind", RUSHES)
@pytest.mark.parametrize("name", ["decouple", "apigw-single", "apigw-multiple", "pubsub-sns"])
def test_the_flows_agree_with_the_events(flow_of: FlowOf, name: str, kind: str) -> None:
    rate, capacity, seconds, limits = RUSHES[kind]
    of = flow_of(name, capacity)
    events, fluid = Rush(of, limits, rate, seconds).run(), Flood(of, limits, rate, seconds).run()

    near = ROUGHLY if (name, kind) in COMPETING else NEAR
    assert fluid.refused_share == pytest.approx(events.refused_share, abs=0.03)
    assert fluid.done == pytest.approx(events.done, rel=min(near, 0.2))
    assert fluid.drained_s == pytest.approx(events.drained_s, rel=near)
    assert fluid.backlog.where == events.backlog.where
    assert fluid.backlog.most == pytest.approx(events.backlog.most, rel=near)
    if kind == RESUMED and of.is_synchronous:
        return  # who is resumed in vain goes to the end of the line, which flows do not know
    assert fluid.backlog.oldest_s == pytest.approx(events.backlog.oldest_s, rel=near)
    assert fluid.completed is not None
    assert events.completed is not None
    assert fluid.completed.p99 == pytest.approx(events.completed.p99, rel=near)


@pytest.mark.parametrize("name", ["apigw-single", "pubsub-three-events"])
def test_the_flows_agree_with_the_events_on_what_a_table_takes(flow_of: FlowOf, name: str) -> None:
    of, limits = flow_of(name, 200), Limits(dynamodb_writes=100)
    events, fluid = Rush(of, limits, 100, 10).run(), Flood(of, limits, 100, 10).run()

    assert set(fluid.refused) == set(events.refused) == {"store"}
    assert fluid.refused_share == pytest.approx(events.refused_share, abs=0.03)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_flows_agree_with_the_events_where_nobody_waits(flow_of: FlowOf, name: str) -> None:
    of = flow_of(name, 50)
    events, fluid = Rush(of, Limits(), 20, 20).run(), Flood(of, Limits(), 20, 20).run()

    assert events.refused == fluid.refused == {}
    assert fluid.answered is not None
    assert events.answered is not None
    assert fluid.answered.p50 == pytest.approx(events.answered.p50, rel=0.1)
    assert fluid.completed is not None
    assert events.completed is not None
    assert fluid.completed.p50 == pytest.approx(events.completed.p50, rel=0.1)
