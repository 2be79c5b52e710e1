"""What flows: lines that grow and shrink, executions that end, and curves over time."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from operator import itemgetter


@dataclass
class Line:
    """Who waits; `capacity` a second."""

    name: str
    capacity: float
    level: float = 0
    most: float = 0
    longest_s: float = 0

    def flow(self, came: float, step: float) -> float:
        """How many are served in the step."""
        served = min(self.level + came, self.capacity * step)
        self.level += came - served
        self.most = max(self.most, self.level)
        self.longest_s = max(self.longest_s, self.wait_s)
        return served

    @property
    def wait_s(self) -> float:
        return self.level / self.capacity


class Busy:
    """Executions that go on, and when they end."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self._step = step
        self._ends: defaultdict[int, float] = defaultdict(float)
        self._time = 0.0

    def add(self, executions: float, seconds: float) -> None:
        self.now += executions
        self._ends[round((self._time + seconds) / self._step)] += executions

    def advance(self, seconds: float) -> None:
        self._time += seconds
        for end in [end for end in self._ends if end * self._step <= self._time]:
            self.now -= self._ends.pop(end)


@dataclass
class Curve:
    """How many so far, over time: the delay between two of them is a payment's time."""

    points: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 0.0)])

    @property
    def total(self) -> float:
        return self.points[-1][1]

    def add(self, until: float, amount: float) -> None:
        if amount > 0:
            self.points.append((until, self.total + amount))

    def reached(self, amount: float) -> float:
        """When there were this many."""
        place = bisect_left(self.points, amount, key=itemgetter(1))
        return self.points[min(place, len(self.points) - 1)][0]


def requests(share: float) -> float:
    """Of a payment: the client's, Customer's if it passed, then two at once. As many executions."""
    return share + share**2 + 2 * share**3


def passing_share(payments: float, limit: float) -> float:
    """The largest share of the payments' requests that is within the limit."""
    if payments * requests(1.0) <= limit:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if payments * requests(middle) <= limit else (low, middle)
    return low
