"""How a payment goes through each variant: who works on it, for how long, and how many at once.

The downstream of fixed capacity is Sales. A function's time is that of the published function with
two calls of DynamoDB, in proportion to its calls of AWS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from comparison.simulation.latencies import Latencies, LogNormal
from comparison.simulation.limits import CONSUMERS, OUTCOMES_OF_DECOUPLE, Limits

SALES = "Sales"
OUTCOMES = "Outcomes"
AUDIT = "Audit"
_WORKERS_OF_DOWNSTREAM = CONSUMERS[SALES]


@dataclass(frozen=True)
class Subscriber:
    """A queue and its consumer. `messages`: of a payment. `is_step`: it reports what it did."""

    name: str
    workers: int
    service: LogNormal
    messages: int = 1
    is_step: bool = True

    @property
    def capacity(self) -> float:
        """Messages a second."""
        return self.workers / self.service.mean


@dataclass(frozen=True)
class Callee:
    """A service that is called through a gateway. `workers`: none where nothing limits it."""

    name: str
    service: LogNormal
    workers: int | None = None

    @property
    def capacity(self) -> float:
        return self.workers / self.service.mean if self.workers else float("inf")


@dataclass(frozen=True)
class Flow:
    name: str
    latencies: Latencies
    own: LogNormal
    """The time of the function behind the public API, without the services that it calls."""
    hops: tuple[LogNormal, ...] = ()
    """From who publishes to a subscriber's function."""
    subscribers: tuple[Subscriber, ...] = ()
    callees: tuple[Callee, ...] = ()
    """The first alone, then the others at the same time."""
    shares_stage: bool = False
    """The calls between services pass the client's stage."""
    published: int = 0
    """Messages or events to the channel, reports included."""
    store_units: int = 0
    """Write units of DynamoDB until a payment is accepted."""

    @property
    def is_synchronous(self) -> bool:
        return bool(self.callees)

    @property
    def gateway_requests(self) -> int:
        return 1 + len(self.callees)

    @property
    def steps(self) -> list[Subscriber]:
        return [each for each in self.subscribers if each.is_step]

    @property
    def deliveries(self) -> int:
        return sum(each.messages for each in self.subscribers)

    @property
    def hop_mean(self) -> float:
        return sum(hop.mean for hop in self.hops)

    @property
    def executions(self) -> float:
        """Seconds of executions of functions for a payment that waits for nobody: those that a
        client waits for, as a consumer's are few at any time.
        """
        gateway, own = self.latencies.gateway.mean, self.own.mean
        if not self.callees:
            return own
        first, *others = (gateway + callee.service.mean for callee in self.callees)
        return own + first + max(others) + sum(c.service.mean for c in self.callees)


def flow(name: str, latencies: Latencies, capacity: float) -> Flow:
    """The variant with a downstream that bears so many payments a second."""
    return _FLOWS[name](name, latencies, capacity)


def channel_quota(flow: Flow, limits: Limits) -> float:
    """Deliveries a second that the channel makes; a queue of our own has no limit."""
    if flow.name == "pubsub-sns":
        return limits.sns_messages * flow.deliveries / flow.published
    if flow.name.startswith("pubsub"):
        return limits.eventbridge_invocations
    return float("inf")


def _downstream(latencies: Latencies, capacity: float) -> LogNormal:
    return latencies.function.with_mean(_WORKERS_OF_DOWNSTREAM / capacity)


def _calls(latencies: Latencies, calls: float) -> LogNormal:
    return latencies.function.times(calls / 2)


def _decouple(name: str, latencies: Latencies, capacity: float) -> Flow:
    outcomes = Subscriber(
        OUTCOMES, OUTCOMES_OF_DECOUPLE, latencies.transaction, messages=1, is_step=False
    )
    sales = Subscriber(SALES, CONSUMERS[SALES], _downstream(latencies, capacity))
    return Flow(
        name,
        latencies,
        own=latencies.transaction.times(2.5),  # two transactions, and a message sent
        hops=(latencies.sqs,),
        subscribers=(sales, outcomes),
    )


def _apigw(name: str, latencies: Latencies, capacity: float) -> Flow:
    return Flow(
        name,
        latencies,
        own=_calls(latencies, 2),
        callees=(
            Callee("Customer", latencies.transaction),
            Callee(SALES, _downstream(latencies, capacity), _WORKERS_OF_DOWNSTREAM),
            Callee("Communication", _calls(latencies, 3)),
        ),
        shares_stage=name == "apigw-single",
        store_units=2,  # the order and its index
    )


def _pubsub(name: str, latencies: Latencies, capacity: float) -> Flow:
    events = 3 if name == "pubsub-three-events" else 1
    reports = 3
    channel = latencies.sns if name == "pubsub-sns" else latencies.eventbridge
    services: Mapping[str, LogNormal] = {
        "Customer": latencies.transaction.times(1.5),  # a transaction, and a report
        SALES: _downstream(latencies, capacity),
        "Communication": _calls(latencies, 4),
    }
    steps = (Subscriber(each, CONSUMERS[each], time) for each, time in services.items())
    others = {
        OUTCOMES: (_calls(latencies, 2), reports),
        AUDIT: (_calls(latencies, 1), events + reports),
    }
    return Flow(
        name,
        latencies,
        own=_calls(latencies, 5),
        hops=(channel, latencies.sqs),
        subscribers=(
            *steps,
            *(
                Subscriber(each, CONSUMERS[each], time, messages, is_step=False)
                for each, (time, messages) in others.items()
            ),
        ),
        published=events + reports,
        # A transaction takes two for each item: period and request, marks; then their indexes.
        store_units=2 * (2 + events) + 1 + events + 2 * events,
    )


_FLOWS: Mapping[str, Callable[[str, Latencies, float], Flow]] = {
    "decouple": _decouple,
    "apigw-single": _apigw,
    "apigw-multiple": _apigw,
    "pubsub-sns": _pubsub,
    "pubsub-three-events": _pubsub,
    "pubsub-one-event": _pubsub,
}
