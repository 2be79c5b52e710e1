"""What one payment takes of AWS, counted while nothing else happens."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from time import sleep

from local.bench.figures import NotMeasured
from local.bench.traffic import queued
from local.bench.world import World

TIMES = 5
"""Odd, and enough that what happens now and then (a schedule, a parameter that is read again) is
not in the median.
"""
_SETTLES_S = 0.25
"""A bus delivers, and a function's log is kept, after the answer."""


@dataclass(frozen=True)
class Counted:
    calls: Mapping[str, float]
    """Of AWS services, by operation."""
    messages: Mapping[str, float]
    """By the queue."""
    invocations: Mapping[str, float]
    """By function. A queue's consumer is invoked for each message: more at once are a batch."""
    queue_of: Mapping[str, str]
    """What each consumer is invoked by."""

    @property
    def gateway_requests(self) -> float:
        """Those that invoke a function; the authorizer's are part of them."""
        return sum(
            times
            for function, times in self.invocations.items()
            if function not in self.queue_of and function != "AuthorizerFunction"
        )


def count(here: World, act: Callable[[], None], *, is_published: bool) -> Counted:
    """Of an act that was done before, so that nothing has to start. `is_published`: the others hear
    of it.
    """
    sent = queued(here) if is_published else Counter[str]()
    calls, runs = [], []
    for _ in range(TIMES):
        had_run, had_called = _runs(here), here.calls()
        act()
        _settle(here)
        calls.append(here.calls() - had_called)
        runs.append(_runs(here) - had_run)
    messages = _messages(here, sent) if is_published else {}
    queue_of = _queue_of(here)
    asked = {name: times for name, times in _usual(runs).items() if name not in queue_of}
    consumed = {
        function: messages[queue] for function, queue in queue_of.items() if queue in messages
    }
    return Counted(_usual(calls), messages, asked | consumed, queue_of)


def _messages(here: World, sent: Counter[str]) -> dict[str, float]:
    """For one act, since so many had been sent."""
    messages = {queue: times / TIMES for queue, times in sorted((queued(here) - sent).items())}
    if odd := {queue: times for queue, times in messages.items() if times % 1}:
        raise NotMeasured(f"{here.stack.name}: not each payment sends as many messages: {odd}")
    return messages


def _settle(here: World) -> None:
    for _ in range(2):
        sleep(_SETTLES_S)
        here.wait_until_idle()


def _usual(counted: Iterable[Counter[str]]) -> dict[str, float]:
    """The median of each, of those that happen most times."""
    each = list(counted)
    names = sorted({name for one in each for name in one})
    usual = {name: median(one[name] for one in each) for name in names}
    return {name: times for name, times in usual.items() if times}


def _runs(here: World) -> Counter[str]:
    return Counter({function: len(times) for function, times in here.billed().items()})


def _queue_of(here: World) -> dict[str, str]:
    """By the logical ids of functions, those of queues."""
    queues = {url.rpartition("/")[2]: name for name, url in here.queues().items()}
    functions = {name: logical_id for logical_id, name in here.functions().items()}
    pages = here.cloud.client("lambda").get_paginator("list_event_source_mappings").paginate()
    found = {}
    for mapping in (each for page in pages for each in page["EventSourceMappings"]):
        function = mapping["FunctionArn"].rpartition(":function:")[2].partition(":")[0]
        queue = mapping["EventSourceArn"].rpartition(":")[2]
        if function in functions and queue in queues:
            found[functions[function]] = queues[queue]
    return found
