"""A rush as flows instead of single payments: for rates at which events would take minutes.

Where a rate is high, the number of payments in a step varies little, so that means suffice: lines
grow by what comes and shrink by what their servers can do. What it leaves out: chance, starts of
functions, and the hops' time while lines move. A test holds it against the events at rates which
both can run.
"""

from collections.abc import Callable

from comparison.simulation.flows import OUTCOMES, Flow, channel_quota
from comparison.simulation.gates import TokenBucket
from comparison.simulation.limits import PATIENCE_S, RESUME_EVERY_S, RESUME_FOR_S, Limits
from comparison.simulation.lines import Busy, Curve, Line, passing_share, requests
from comparison.simulation.outcome import HORIZON_S, ORDERS, Backlog, Outcome, Percentiles, weighted

_STEP_S = 0.02
_STEP_AFTER_S = 0.5
"""When nothing arrives any more."""
_NOTHING = 1e-6
_LITTLE = 0.5
"""Of a payment: less than that waits for nobody."""


class Flood:
    """As `Rush` of the events."""

    def __init__(self, flow: Flow, limits: Limits, rate: float, seconds: float) -> None:
        self._flow = flow
        self._limits = limits
        self._rate = rate
        self._seconds = seconds
        self._now = 0.0
        self._stage = TokenBucket(limits.throttle, limits.throttle)
        self._account = TokenBucket(limits.gateway_rate, limits.gateway_burst)
        self._store = TokenBucket(limits.dynamodb_writes, limits.dynamodb_writes)
        self._refused = {"gateway": 0.0, "store": 0.0, "lambda": 0.0}
        self._answered: list[tuple[float, float]] = []
        self._at_once: list[tuple[float, float]] = []
        """Done by the time of the answer."""
        self._accepted, self._done = Curve(), Curve()
        """What has to wait, in the order of its arrival."""

    def run(self) -> Outcome:
        called = self._flow.is_synchronous
        advance, lines = self._calls() if called else self._messages()
        while self._now < self._seconds or (
            self._now < HORIZON_S and self._accepted.total - self._done.total > _LITTLE
        ):
            step = _STEP_S if self._now < self._seconds else _STEP_AFTER_S
            self._now += step
            advance(self._rate * step if self._now <= self._seconds + _NOTHING else 0.0, step)
        arrived = self._rate * self._seconds
        longest = max(lines, key=lambda line: line.longest_s)
        waited = longest.most >= _LITTLE
        base = self._flow.own.mean + self._flow.latencies.gateway.mean
        after = 0.0 if called else base + self._after_acceptance()
        drained = self._now < HORIZON_S
        done = self._done.total + sum(weight for _, weight in self._at_once)
        return Outcome(
            arrived=arrived,
            done=done,
            refused={who: n for who, n in self._refused.items() if n > _NOTHING},
            in_flight=self._accepted.total - self._done.total,
            answered=weighted(self._answered),
            completed=self._delays(after),
            backlog=Backlog(longest.name, longest.most, longest.longest_s) if waited else Backlog(),
            drained_s=self._now - self._seconds + after if drained else None,
            method="fluid",
        )

    def _messages(self) -> tuple[Callable[[float, float], None], list[Line]]:
        flow = self._flow
        channel = Line("the channel", channel_quota(flow, self._limits))
        lines = {each.name: Line(each.name, each.capacity) for each in flow.subscribers}
        steps = [each.name for each in flow.steps]
        reports = dict.fromkeys(steps, 0.0)  # so far
        others = [each for each in flow.subscribers if not each.is_step and each.name != OUTCOMES]
        own = {each.name: each.messages - len(steps) for each in others}
        first = len(steps) + sum(own.values())

        def advance(arriving: float, step: float) -> None:
            accepted = self._entering(arriving, step)
            self._accepted.add(self._now, accepted)
            # Reports are on their way with what is published: what the channel delivers is shared.
            delivered = channel.flow(accepted * first, step) / first
            served = {name: lines[name].flow(delivered, step) for name in steps}
            reported = sum(served.values())
            for name, copies in own.items():
                lines[name].flow(delivered * copies + reported, step)
            noted = lines[OUTCOMES].flow(reported, step)
            for name in steps:
                reports[name] += served[name]
            behind = lines[OUTCOMES].level / len(steps)
            done = min(reports.values()) - behind if noted else 0.0
            self._done.add(self._now, done - self._done.total)

        return advance, [channel, *lines.values()]

    def _entering(self, arriving: float, step: float) -> float:
        """What the gateway and Lambda let through to the public API's function."""
        tokens = min(self._stage.tokens(self._now), self._account.tokens(self._now))
        passed = min(arriving, tokens)
        stored = min(passed, self._storable())
        executed = min(stored, self._limits.concurrency / self._flow.executions * step)
        self._store.take(self._now, stored * self._flow.store_units)
        self._stage.take(self._now, passed)
        self._account.take(self._now, passed)
        self._refused["gateway"] += arriving - passed
        self._refused["store"] += passed - stored
        self._refused["lambda"] += stored - executed
        time = self._flow.own.mean + self._flow.latencies.gateway.mean
        if executed:
            self._answered.append((time, executed))
        return executed

    def _storable(self) -> float:
        units = self._flow.store_units
        return self._store.tokens(self._now) / units if units else float("inf")

    def _calls(self) -> tuple[Callable[[float, float], None], list[Line]]:
        flow, gateway = self._flow, self._flow.latencies.gateway.mean
        limited = next(callee for callee in flow.callees if callee.workers)
        sales = Line(limited.name, limited.capacity)
        orders = Line(ORDERS, 1 / (gateway + limited.service.mean))
        times = [gateway + callee.service.mean for callee in flow.callees]
        customer, communication = times[0], times[2]
        busy = Busy(_STEP_S)

        def advance(arriving: float, step: float) -> None:
            wait = min(sales.wait_s, PATIENCE_S)
            called = gateway + wait + limited.service.mean
            answered = gateway + flow.own.mean + customer + max(called, communication)

            clients, by_gateway = self._passing(arriving)
            stored = min(clients, self._storable() / arriving) if arriving else 1.0
            free = self._limits.concurrency - busy.now
            share = min(by_gateway, passing_share(arriving * stored, free))
            entering = arriving * stored * share
            recorded = entering * share
            self._take(arriving * clients, share)
            self._store.take(self._now, entering * self._flow.store_units)
            self._refused["gateway"] += arriving * (1 - clients * by_gateway**2)
            self._refused["store"] += arriving * (clients - stored) * by_gateway**2
            self._refused["lambda"] += arriving * stored * (by_gateway**2 - share**2)
            if recorded:
                self._answered.append((answered, recorded))
            if entering:
                busy.add(entering * (1 - share), flow.own.mean)
                busy.add(recorded, answered)
                busy.add(recorded, customer)
                busy.add(recorded * share, called)
                busy.add(recorded * share, communication)
            busy.advance(step)

            resumed = self._resumed(orders, sales, step)
            sales.flow(recorded * share + resumed, step)
            given_up = max(0.0, sales.level - sales.capacity * PATIENCE_S)
            sales.level -= given_up
            turned_away = recorded * (1 - share**2)
            # Whether a new call is given up or one that is resumed: there is one order more.
            missed = min(recorded, turned_away + given_up)
            orders.level += missed - resumed
            orders.most = max(orders.most, orders.level)
            self._at_once.append((answered, recorded - missed))
            self._accepted.add(self._now, missed)
            self._done.add(self._now, resumed)
            if orders.level > _LITTLE:
                orders.longest_s = self._now - self._accepted.reached(self._done.total)

        return advance, [sales, orders]

    def _passing(self, arriving: float) -> tuple[float, float]:
        """The share of clients that get to the API at all where no other call passes its stage, and
        the share of all requests that the gateways have tokens for.
        """
        own, shared = self._stage.tokens(self._now), self._account.tokens(self._now)
        if self._flow.shares_stage:
            return 1.0, passing_share(arriving, min(own, shared))
        clients = min(1.0, own / arriving) if arriving else 1.0
        return clients, passing_share(arriving * clients, shared)

    def _take(self, arriving: float, share: float) -> None:
        passed = arriving * requests(share)
        self._account.take(self._now, min(passed, self._account.tokens(self._now)))
        of_stage = passed if self._flow.shares_stage else arriving * share
        self._stage.take(self._now, min(of_stage, self._stage.tokens(self._now)))

    def _resumed(self, orders: Line, sales: Line, step: float) -> float:
        """Orders that are tried again in this step, one after the other."""
        if self._now % RESUME_EVERY_S > RESUME_FOR_S or self._now < RESUME_EVERY_S:
            return 0.0
        each = 1 / orders.capacity + min(sales.wait_s, PATIENCE_S)
        return min(orders.level, step / each)

    def _after_acceptance(self) -> float:
        """What a payment's messages take where nobody waits."""
        flow = self._flow
        slowest = max((step.service.mean for step in flow.steps), default=0.0)
        noted = next(each for each in flow.subscribers if each.name == OUTCOMES)
        return 2 * flow.hop_mean + slowest + noted.service.mean

    def _delays(self, after: float) -> Percentiles | None:
        times = list(self._at_once)
        before = 0.0
        for at, total in self._done.points[1:]:
            weight = total - before
            came = self._accepted.reached((total + before) / 2)
            times.append((max(0.0, at - came) + after, weight))
            before = total
        return weighted(times)
