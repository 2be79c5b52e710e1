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
_NO_STEPS = (OUTCOMES, AUDIT)


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
    """The variant as it runs on this machine without a rush."""
    slowest, *_ = variant.loads
    services = _services(variant)
    longest = max(service.mean for each, service in services.items() if each not in _NO_STEPS)
    # A report takes the same way as what it reports of.
    hop_ms = (slowest.done.p50.value - slowest.answered.p50.value - longest * 1000) / 2
    spread = slowest.done.p99.value / slowest.done.p50.value
    hop_s = max(hop_ms, 1.0) / 1000
    latencies = Latencies(
        sqs=_AT_ONCE,
        sns=_AT_ONCE,
        eventbridge=_AT_ONCE,
        gateway=_AT_ONCE,
        function=_AT_ONCE,
        start=_AT_ONCE,
        transaction=_AT_ONCE,
    )
    return Flow(
        name,
        latencies,
        own=_fitted(slowest.answered.p50.value, slowest.answered.p99.value),
        hops=(LogNormal.fitted(hop_s, hop_s * max(spread, 1.0)),),
        subscribers=tuple(
            Subscriber(
                each,
                workers=1,
                service=service,
                messages=round(variant.messages[f"{each}Queue"]),
                is_step=each not in _NO_STEPS,
            )
            for each, service in services.items()
        ),
        published=round(variant.messages.get(f"{AUDIT}Queue", 0)),
    )


def _services(variant: Variant) -> Mapping[str, LogNormal]:
    """How long each consumer takes for a message, by the name of its queue."""
    took = {
        name.removesuffix(_CONSUMER): function.billed_ms.value / function.invocations
        for name, function in variant.functions.items()
        if name.endswith(_CONSUMER)
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
