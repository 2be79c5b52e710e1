"""A payment takes what it takes, whatever else happens while it is counted."""

from collections import Counter
from typing import Any, cast

from comparison.measuring.counting import TIMES, count
from local.bench.world import World


class Synchronous:
    """A stack without queues, and what its functions have done."""

    def __init__(self) -> None:
        self.cloud = self
        self.called = Counter[str]()
        self.run = Counter[str]()
        self.paid = 0

    def pay(self) -> None:
        self.paid += 1
        self._confirm()
        if self.paid == TIMES // 2:
            for _ in range(TIMES):  # orders that somebody resumes
                self._confirm()

    def _confirm(self) -> None:
        self.called["ses.SendEmail"] += 1
        self.run["CommunicationInternalApiFunction"] += 1

    def calls(self) -> Counter[str]:
        return self.called.copy()

    def billed(self) -> dict[str, list[int]]:
        return {function: [1] * times for function, times in self.run.items()}

    def functions(self) -> dict[str, str]:
        return {}

    def queues(self) -> dict[str, str]:
        return {}

    def wait_until_idle(self) -> None:
        """Nothing waits."""

    def client(self, _: str) -> Any:
        return self

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self) -> list[Any]:
        return []


def test_orders_that_are_resumed_meanwhile_are_no_part_of_a_payment() -> None:
    here = Synchronous()

    counted = count(cast(World, here), here.pay, is_published=False)

    assert counted.calls == {"ses.SendEmail": 1}
    assert counted.gateway_requests == 1
