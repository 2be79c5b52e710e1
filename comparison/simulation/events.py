"""Every payment, call and message of a rush as events of their own, with SimPy."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

import simpy

from comparison.simulation.flows import OUTCOMES, Callee, Flow, Subscriber, channel_quota
from comparison.simulation.gates import Shaper, TokenBucket
from comparison.simulation.limits import PATIENCE_S, RESUME_EVERY_S, RESUME_FOR_S, Limits
from comparison.simulation.outcome import HORIZON_S, ORDERS, Backlog, Outcome, percentiles
from comparison.simulation.station import Process, Station

_GATEWAY, _LAMBDA, _STORE, _LATE = "gateway", "lambda", "store", "late"


@dataclass
class _Payment:
    arrived: float
    open_steps: set[str] = field(default_factory=set)


class Rush:
    """Payments that arrive as a Poisson process of this rate for so many seconds."""

    def __init__(
        self, flow: Flow, limits: Limits, rate: float, seconds: float, *, seed: int = 1
    ) -> None:
        self._flow = flow
        self._rate = rate
        self._seconds = seconds
        self._random = Random(seed)
        self._clock = Random(seed)
        """Of the arrivals alone: they are the same for every variant."""
        self._environment = simpy.Environment()
        self._account = TokenBucket(limits.gateway_rate, limits.gateway_burst)
        own = (flow.name, *(callee.name for callee in flow.callees))
        stages = [TokenBucket(limits.throttle, limits.throttle) for _ in own]
        self._stages = dict(
            zip(own, stages[:1] * len(own) if flow.shares_stage else stages, strict=True)
        )
        self._store = TokenBucket(limits.dynamodb_writes, limits.dynamodb_writes)
        self._executions = simpy.Resource(self._environment, limits.concurrency)
        self._environments = 0
        self._channel = Shaper(channel_quota(flow, limits))
        worked = [(s.name, s.workers) for s in flow.subscribers]
        called = [(c.name, c.workers) for c in flow.callees]
        self.stations = {
            name: Station(self._environment, servers) for name, servers in (*worked, *called)
        }
        self._subscribers = {each.name: each for each in flow.subscribers}
        self._arrived = self._done = self._in_flight = self._busy = 0
        self._refused: Counter[str] = Counter()
        self._answered: list[float] = []
        self._completed: list[float] = []
        self._orders: deque[_Payment] = deque()
        self._most_orders = 0
        self._oldest_order = 0.0
        self._ended = self._environment.event()
        self._has_arrived = False

    def run(self) -> Outcome:
        environment = self._environment
        environment.process(self._arrivals())
        if self._flow.is_synchronous:
            environment.process(self._resume())
        horizon = environment.timeout(HORIZON_S)
        environment.run(until=self._ended | horizon)
        drained = environment.now - self._seconds if self._ended.triggered else None
        return Outcome(
            arrived=self._arrived,
            done=self._done,
            refused=dict(self._refused),
            in_flight=self._in_flight,
            answered=percentiles(self._answered),
            completed=percentiles(self._completed),
            backlog=self._backlog(),
            drained_s=None if drained is None else max(0.0, drained),
        )

    def _arrivals(self) -> Process[None]:
        self._begin()
        pay = self._called if self._flow.is_synchronous else self._published
        while (pause := self._clock.expovariate(self._rate)) < self._left():
            yield self._environment.timeout(pause)
            self._arrived += 1
            self._in_flight += 1
            self._start(pay(_Payment(self._environment.now)))
        yield self._environment.timeout(self._left())
        self._has_arrived = True
        self._end()

    def _left(self) -> float:
        return self._seconds - self._environment.now

    def _published(self, payment: _Payment) -> Process[None]:
        execution = self._enter()
        if execution is None:
            return
        yield self._environment.timeout(self._front())
        self._executions.release(execution)
        self._answered.append(self._environment.now - payment.arrived)
        payment.open_steps = {step.name for step in self._flow.steps}
        for subscriber in self._flow.subscribers:
            copies = 0 if subscriber.name == OUTCOMES else self._copies(subscriber)
            for _ in range(copies):
                self._start(self._deliver(payment, subscriber))

    def _copies(self, subscriber: Subscriber) -> int:
        """Messages that come of the payment itself, and not of a report."""
        return 1 if subscriber.is_step else subscriber.messages - len(self._flow.steps)

    def _deliver(self, payment: _Payment, subscriber: Subscriber) -> Process[None]:
        yield from self._work(subscriber)
        if not subscriber.is_step:
            return
        for heard in self._flow.subscribers:
            if heard.name == OUTCOMES:
                self._start(self._report(payment, subscriber.name, heard))
            elif not heard.is_step:
                self._start(self._work(heard))

    def _report(self, payment: _Payment, step: str, outcomes: Subscriber) -> Process[None]:
        yield from self._work(outcomes)
        payment.open_steps.remove(step)
        if not payment.open_steps:
            self._complete(payment)

    def _work(self, subscriber: Subscriber) -> Process[None]:
        """On one message, from the moment at which it is published."""
        delay = self._channel.delay(self._environment.now)
        hops = sum(hop.sample(self._random) for hop in self._flow.hops)
        yield self._environment.timeout(delay + hops)
        time = subscriber.service.sample(self._random)
        yield from self.stations[subscriber.name].serve(time)

    def _called(self, payment: _Payment) -> Process[None]:
        execution = self._enter()
        if execution is None:
            return
        first, *others = self._flow.callees
        yield self._environment.timeout(self._front() / 2)
        turned_away = yield from self._call(first)
        if turned_away:
            self._executions.release(execution)
            self._refuse(turned_away)
            return
        calls = {each.name: self._environment.process(self._call(each)) for each in others}
        yield self._environment.all_of(calls.values())
        yield self._environment.timeout(self._own() / 2)
        self._executions.release(execution)
        self._answered.append(self._environment.now - payment.arrived)
        payment.open_steps = {name for name, call in calls.items() if call.value}
        if payment.open_steps:
            self._orders.append(payment)
            self._most_orders = max(self._most_orders, len(self._orders))
        else:
            self._complete(payment)

    def _call(self, callee: Callee) -> Process[str]:
        """Who turned the call away, or nothing."""
        if not self._pass(callee.name):
            return _GATEWAY
        execution = self._execute()
        if execution is None:
            return _LAMBDA
        each_way = self._flow.latencies.gateway.sample(self._random) / 2
        yield self._environment.timeout(each_way)
        time = callee.service.sample(self._random)
        patience = PATIENCE_S if callee.workers else None
        is_served = yield from self.stations[callee.name].serve(time, patience)
        self._executions.release(execution)
        yield self._environment.timeout(each_way)
        return "" if is_served else _LATE

    def _resume(self) -> Process[None]:
        """Every minute, one order after the other, each to the end of the line if it fails."""
        callees = {callee.name: callee for callee in self._flow.callees}
        while True:
            now = self._environment.now
            yield self._environment.timeout(RESUME_EVERY_S - now % RESUME_EVERY_S)
            until = self._environment.now + RESUME_FOR_S
            for _ in range(len(self._orders)):
                if self._environment.now >= until:
                    break
                payment = self._orders.popleft()
                for name in sorted(payment.open_steps):
                    turned_away = yield from self._call(callees[name])
                    if not turned_away:
                        payment.open_steps.remove(name)
                if payment.open_steps:
                    self._orders.append(payment)
                    continue
                self._oldest_order = max(
                    self._oldest_order, self._environment.now - payment.arrived
                )
                self._complete(payment)
                self._end_if_idle()

    def _enter(self) -> simpy.resources.resource.Request | None:
        """An execution of the public API's function, or the payment is refused."""
        if not self._pass(self._flow.name):
            self._refuse(_GATEWAY)
            return None
        if not self._store.take(self._environment.now, self._flow.store_units):
            self._refuse(_STORE)
            return None
        execution = self._execute()
        if execution is None:
            self._refuse(_LAMBDA)
        return execution

    def _pass(self, stage: str) -> bool:
        now = self._environment.now
        return self._stages[stage].take(now) and self._account.take(now)

    def _execute(self) -> simpy.resources.resource.Request | None:
        if self._executions.count >= self._executions.capacity:
            return None
        return self._executions.request()

    def _front(self) -> float:
        """Until the public API's function has done what it does itself."""
        gateway = self._flow.latencies.gateway.sample(self._random)
        start = 0.0
        if self._executions.count > self._environments:
            self._environments += 1
            start = self._flow.latencies.start.sample(self._random)
        return start + gateway + self._own()

    def _own(self) -> float:
        return self._flow.own.sample(self._random)

    def _refuse(self, by: str) -> None:
        self._in_flight -= 1
        self._refused[by] += 1

    def _complete(self, payment: _Payment) -> None:
        self._in_flight -= 1
        self._done += 1
        self._completed.append(self._environment.now - payment.arrived)

    def _backlog(self) -> Backlog:
        lines: Iterable[Backlog] = (
            *(
                Backlog(name, station.most_waiting, station.longest_wait)
                for name, station in self.stations.items()
            ),
            Backlog(ORDERS, self._most_orders, self._oldest_order),
        )
        longest = max(lines, key=lambda line: line.oldest_s)
        return longest if longest.most else Backlog()

    def _start(self, work: Process[None]) -> None:
        self._begin()

        def counted() -> Process[None]:
            yield from work
            self._end()

        self._environment.process(counted())

    def _begin(self) -> None:
        self._busy += 1

    def _end(self) -> None:
        self._busy -= 1
        self._end_if_idle()

    def _end_if_idle(self) -> None:
        if self._has_arrived and not self._busy and not self._orders and not self._ended.triggered:
            self._ended.succeed()
