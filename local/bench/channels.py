"""Publish/subscribe: how soon each subscriber is done, what a payment takes, how fast a crowd of
payments is done by all, and whether one subscriber that is slow or dead holds up the others.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from random import sample

from local.bench import channel
from local.bench.channel import SUBSCRIBERS, Channel
from local.bench.figures import Figure, Summary, repetitions
from local.bench.traffic import Traffic
from local.cloud import running
from local.fault_proxy import FaultProxy
from local.paths import ROOT

NOTE = (
    "These figures compare our own changes, and a channel with itself. They never rank the"
    " channels: LocalStack's SNS and EventBridge are other programs than AWS's, and on AWS the"
    " order is the other way round (docs/pubsub.md). All share one LocalStack: where a subscriber"
    " does less, the others get more of it, and a ratio below 1 says no more than that."
)
_CHANNELS = ("pubsub-sns", "pubsub-three-events", "pubsub-one-event")
_PAYMENTS = 100
_WARM_UP = 20
_CROWDS = (1_000, 5_000)
_ROUNDS = 4
_PAYMENTS_OF_A_TURN = 10
_AS_IT_IS = "as it is"
_CONTROL = "as it is again"
_BROKEN = "sales"
_FUNCTION_OF_BROKEN = "SalesConsumerFunction"
_OTHERS = tuple(service for service in SUBSCRIBERS if service != _BROKEN)
_SLOWER_S = 0.5
_CALLS_OF_BROKEN = 2
"""Of its store, for a message."""

type Times = Mapping[str, Sequence[float]]
"""Milliseconds by service."""


def measure(*, quick: bool) -> Iterator[Figure]:
    for name in _CHANNELS:
        with running() as cloud:  # of its own, so that each channel begins alike
            yield from _measure(channel.deployed(cloud, name), quick=quick)


def _measure(here: Channel, *, quick: bool) -> Iterator[Figure]:
    payments = repetitions(_PAYMENTS, quick=quick)
    _warm_up(here)
    before = Traffic.so_far(here)
    times = here.times(here.pay(payments), SUBSCRIBERS)
    here.wait_until_idle()
    yield from _subscribers(here.stack.name, times)
    yield from _traffic(here.stack.name, Traffic.so_far(here).since(before), payments)
    yield from _faults(here, quick=quick)
    yield from _crowds(here, quick=quick)


def _subscribers(name: str, times: Times) -> Iterator[Figure]:
    for service, samples in times.items():
        yield Figure.median(f"{name}: accepted until {service} is done, p50", samples, "ms")
    last = [max(each) for each in zip(*times.values(), strict=True)]
    yield Figure.median(f"{name}: accepted until all are done, p50", last, "ms")


def _traffic(name: str, traffic: Traffic, payments: int) -> Iterator[Figure]:
    published, delivered = (
        ("messages published", "deliveries")
        if name == "pubsub-sns"
        else ("entries of PutEvents", "matches of rules")
    )
    for title, counted in (
        (published, traffic.published),
        (f"{delivered}, each a message in a queue,", traffic.queued),
        ("calls of AWS services", traffic.calls),
    ):
        yield Figure(
            f"{name}: {title} for a payment",
            counted.total() / payments,
            note=", ".join(f"{what} {n / payments:.3g}" for what, n in sorted(counted.items())),
        )


def _faults(here: Channel, *, quick: bool) -> Iterator[Figure]:
    """What one subscriber that is slow or dead does to the others, beside what chance does."""
    payments = repetitions(_PAYMENTS_OF_A_TURN, quick=quick)
    with FaultProxy(here.cloud.endpoint).running() as proxy:
        slow, dead = f"{_BROKEN} {_SLOWER_S * 1000:.0f} ms slower", f"{_BROKEN} dead"
        turns: Mapping[str, Callable[[], None]] = {
            _AS_IT_IS: proxy.reset,
            slow: lambda: proxy.delay(_SLOWER_S / _CALLS_OF_BROKEN),
            _CONTROL: proxy.reset,
            dead: proxy.refuse,
        }
        times = {turn: {service: list[float]() for service in _OTHERS} for turn in turns}
        with here.variables(_FUNCTION_OF_BROKEN, AWS_ENDPOINT_URL_DYNAMODB=proxy.url):
            _warm_up(here)
            # A machine that gets busier is so in each turn, and none always comes after the same.
            for turn in chain.from_iterable(
                sample(list(turns), len(turns)) for _ in range(_ROUNDS)
            ):
                turns[turn]()
                for service, milliseconds in here.times(here.pay(payments), _OTHERS).items():
                    times[turn][service] += milliseconds
                proxy.reset()
                here.wait_until_idle()
    for turn in (_CONTROL, slow, dead):
        yield from ratios(f"{here.stack.name}: {turn}", times[_AS_IT_IS], times[turn])


def ratios(title: str, without: Times, with_it: Times) -> Iterator[Figure]:
    """The p95 of each service, with something in relation to without."""
    for service in with_it:
        before, after = (Summary.of(times[service]).p95 for times in (without, with_it))
        yield Figure(
            f"{title} / {_AS_IT_IS}: {service}'s p95",
            after / before,
            beside={"p50 ms": with_it[service], f"{_AS_IT_IS} p50 ms": without[service]},
            note=f"p95 {after:.0f} / {before:.0f} ms",
        )


def _crowds(here: Channel, *, quick: bool) -> Iterator[Figure]:
    sys.path.append(str(ROOT / "src"))
    from local.bench import flood

    name = here.stack.name
    sizes = [repetitions(size, quick=quick) for size in _CROWDS]
    seconds = {}
    for size, (published_s, completed_s) in zip(sizes, flood.complete(here, sizes), strict=True):
        seconds[size] = completed_s
        yield Figure(
            f"{name}: {size:,} payments done by all subscribers",
            completed_s,
            "s",
            note=f"{size / completed_s:.0f} /s; published straight to the channel in"
            f" {published_s:.1f} s, Audit and the consumer of the reports pause",
        )
    for small, large in pairwise(sizes):
        yield Figure(
            f"{name}: {large:,} payments / {small:,}",
            seconds[large] / seconds[small],
            target=large / small,
            note="it grows in proportion",
        )


def _warm_up(here: Channel) -> None:
    here.times(here.pay(_WARM_UP), SUBSCRIBERS)
    here.wait_until_idle()
