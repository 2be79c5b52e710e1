"""Payments over fakes, at a time that stands still until a test moves it."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

import pytest

from contracts.api import PaymentSubmission
from payment_requests.model import PaymentRequest
from payments.model import Order
from payments.service import Payments
from tests.builders import NOW, submission
from tests.unit.payments.fakes import FakeServices, MemoryOrders

RELAY_AGE = timedelta(seconds=30)


@dataclass
class World:
    orders: MemoryOrders = field(default_factory=MemoryOrders)
    services: FakeServices = field(default_factory=FakeServices)
    now: datetime = NOW
    give_up_after: timedelta = timedelta(minutes=15)
    resuming: Callable[[UUID], AbstractContextManager[object]] = nullcontext

    @property
    def payments(self) -> Payments:
        return Payments(
            self.orders,
            self.services,
            lambda: self.now,
            RELAY_AGE,
            self.give_up_after,
            self.resuming,
        )

    def pay(self, key: str = "key-1", body: PaymentSubmission | None = None) -> PaymentRequest:
        return self.payments.pay(body or submission(), "C-1", key, monotonic() + 10)

    def resume(self, after: timedelta = RELAY_AGE) -> tuple[int, int]:
        """Runs the schedule's function, this long after now."""
        self.now += after
        return self.payments.resume_due(lambda: 40)

    def order(self) -> Order:
        (order,) = self.orders.orders.values()
        return order


@pytest.fixture
def world() -> World:
    return World()


def statuses(request: PaymentRequest) -> dict[str, str]:
    return {step.service: str(step.status) for step in request.steps}
