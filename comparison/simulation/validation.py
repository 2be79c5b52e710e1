"""The simulation beside what was measured here: the model is told what happens at the lowest rate,
and has to say what happens at the others.

On one machine a queue is worked off batch by batch, and everything shares the processors. The model
knows the first and not the second: where it says less than was measured, the machine was the limit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from comparison.measured import Interval, Load, Measured, Variant
from comparison.simulation.flows import AUDIT, OUTCOMES, Flow, Subscriber
from comparison.simulation.latencies import Latencies, LogNormal
from comparison.simulation.limits import Limits
from comparison.simulation.rush import rush

_AT_ONCE = LogNormal.fitted(0.000_1, 0.000_1)
_CONSUMER = "ConsumerFunction"


@dataclass(frozen=True)
class Row:
    """Milliseconds at the median, until every service was done."""

    variant: str
    rate: float
    measured: Interval
    simulated: float

    @property
    def ratio(self) -> float:
        """Of what was simulated to what was measured."""
        return self.simulated / self.measured.value


def validate(measured: Measured) -> Iterator[Row]:
    """All rates of the variants that have queues, the lowest included, which the model is fitted
    to. Behind a gateway nothing waits in line here that could be simulated.
    """
    for name, variant in measured.variants.items():
        if variant.messages:
            flow = local_flow(name, variant)
            for load in variant.loads:
                yield _row(name, flow, load, measured.rounds)


def local_flow(name: str, variant: Variant) -> Flow:
    """The variant as it runs on this machine without a rush: services that work off their queues
    one message after the other, and before them all that the lowest rate has taken besides.
    """
    slowest, *_ = variant.loads
    services = _services(variant)
    longest_ms = 1000 * max(service.mean for service in services.values())
    before = [max(each.value - longest_ms, 1.0) for each in (slowest.done.p50, slowest.done.p99)]
    latencies = Latencies(
        sqs=_AT_ONCE,
        sns=_AT_ONCE,
        eventbridge=_AT_ONCE,
        gateway=_AT_ONCE,
        function=_AT_ONCE,
        start=_AT_ONCE,
        transaction=_AT_ONCE,
    )
    steps = (Subscriber(each, workers=1, service=time) for each, time in services.items())
    # What is measured is when the services were done, not when that was reported.
    reports = Subscriber(OUTCOMES, len(services), _AT_ONCE, len(services), is_step=False)
    return Flow(
        name,
        latencies,
        own=_fitted(*before),
        hops=(_AT_ONCE,),
        subscribers=(*steps, reports),
        published=1 + len(services),
    )


def _services(variant: Variant) -> Mapping[str, LogNormal]:
    """How long each consumer takes for a message."""
    took = {
        name.removesuffix(_CONSUMER): function.billed_ms.value / function.invocations
        for name, function in variant.functions.items()
        if name.endswith(_CONSUMER) and not name.startswith((OUTCOMES, AUDIT))
    }
    return {name: _fitted(milliseconds, milliseconds) for name, milliseconds in took.items()}


def _fitted(p50_ms: float, p99_ms: float) -> LogNormal:
    return LogNormal.fitted(p50_ms / 1000, max(p50_ms, p99_ms) / 1000)


def _row(name: str, flow: Flow, load: Load, rounds: int) -> Row:
    seconds = load.payments / rounds / load.offered
    outcome = rush(flow, Limits(), load.offered, seconds)
    if outcome.completed is None:
        raise ValueError(f"{name}: no payment of the simulation was completed")
    return Row(name, load.offered, load.done.p50, outcome.completed.p50 * 1000)
