"""At which rate each variant meets its limits, one after the other, and what happens there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from comparison.simulation.flows import Flow, channel_quota
from comparison.simulation.limits import PATIENCE_S, Limits

_REFUSED = "clients are refused"


@dataclass(frozen=True)
class Bound:
    rate: float
    """Payments a second, for as long as one likes."""
    what: str
    then: str

    @property
    def refuses(self) -> bool:
        return self.then == _REFUSED


def bounds(flow: Flow, limits: Limits) -> list[Bound]:
    """The lowest first. Each as if there were no other before it."""
    return sorted(_bounds(flow, limits), key=lambda bound: bound.rate)


def first_reached(flow: Flow, limits: Limits, most: int) -> list[Bound]:
    """So many, and the first at which clients are refused."""
    lowest = bounds(flow, limits)
    refusing = first_refusing(lowest)
    return lowest[:most] if refusing in lowest[:most] else [*lowest[: most - 1], refusing]


def first_refusing(lowest: Sequence[Bound]) -> Bound:
    return next(bound for bound in lowest if bound.refuses)


def _bounds(flow: Flow, limits: Limits) -> Iterator[Bound]:
    of_stage = flow.gateway_requests if flow.shares_stage else 1
    yield Bound(limits.throttle / of_stage, "ThrottlingRate", _REFUSED)
    yield Bound(limits.gateway_rate / flow.gateway_requests, "the account's gateway", _REFUSED)
    yield Bound(limits.concurrency / flow.executions, "executions", _REFUSED)
    if flow.store_units:
        what = "write units of a table"
        yield Bound(limits.dynamodb_writes / flow.store_units, what, _REFUSED)
    for each in flow.subscribers:
        yield Bound(each.capacity / each.messages, f"consumer of {each.name}", "messages wait")
    for callee in flow.callees:
        if callee.workers:
            yield Bound(callee.capacity, callee.name, f"calls wait, {PATIENCE_S:g} s at most")
            # Then the calling function waits too, and so two executions do.
            waiting = flow.executions + 2 * PATIENCE_S
            what = "executions that wait"
            yield Bound(max(callee.capacity, limits.concurrency / waiting), what, _REFUSED)
    if flow.published:
        quota = channel_quota(flow, limits) / flow.deliveries
        yield Bound(quota, "deliveries", "events are late")
    if flow.published and not flow.name.endswith("sns"):
        calls = 1 + len(flow.steps)
        what = "calls of PutEvents"
        yield Bound(limits.eventbridge_calls / calls, what, "the relay publishes later")
