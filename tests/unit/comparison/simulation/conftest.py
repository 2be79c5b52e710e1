"""A rush, by events and as flows."""

from collections.abc import Callable

import pytest

from comparison.simulation.flows import Flow, flow
from comparison.simulation.latencies import Latencies

type FlowOf = Callable[[str, float], Flow]


@pytest.fixture(scope="session")
def flow_of() -> FlowOf:
    """Of a variant, with a downstream of this capacity."""
    latencies = Latencies.published()
    return lambda name, capacity: flow(name, latencies, capacity)
