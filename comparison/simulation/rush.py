"""A rush through a variant, by the method that its size allows."""

from comparison.simulation.events import Rush
from comparison.simulation.flows import Flow
from comparison.simulation.fluid import Flood
from comparison.simulation.limits import Limits
from comparison.simulation.outcome import Outcome

RATES = (1, 10, 100, 1_000, 10_000, 100_000)
CAPACITY = 50.0
SECONDS = 30.0
_MOST_EVENTS = 5_000
"""Payments: more take longer than anybody waits for a row of a table."""


def rush(flow: Flow, limits: Limits, rate: float, seconds: float) -> Outcome:
    if rate * seconds <= _MOST_EVENTS:
        return Rush(flow, limits, rate, seconds).run()
    return Flood(flow, limits, rate, seconds).run()
