"""In-memory stand-ins for the ports of Payments."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Lock
from uuid import UUID

from contracts.events import PaymentDetails
from contracts.internal import (
    Confirmation,
    ConfirmationsView,
    LeadView,
    LedgerEntry,
    LedgerView,
    PaidPremium,
)
from payment_requests.premiums import PeriodPaid, Policy
from payments.model import Order


class MemoryOrders:
    def __init__(self) -> None:
        self.orders: dict[UUID, Order] = {}
        self._lock = Lock()

    def find(self, request_id: UUID) -> Order | None:
        return self.orders.get(request_id)

    def add(self, order: Order) -> Order | None:
        with self._lock:
            known = self.orders.get(order.id)
            if known is None:
                self.orders[order.id] = order
            return known

    def update(self, order: Order, change: Callable[[Order], Order]) -> Order:
        with self._lock:
            stored = self.orders.get(order.id, order)
            changed = replace(change(stored), version=stored.version + 1)
            self.orders[order.id] = changed
            return changed

    def withdraw(self, order: Order) -> bool:
        with self._lock:
            stored = self.orders.get(order.id, order)
            if stored.version == order.version:
                self.orders.pop(order.id, None)
            return stored.version == order.version

    def due(self, now: datetime, limit: int) -> list[UUID]:
        due = [
            (order.resume_at, order.id)
            for order in self.orders.values()
            if order.resume_at is not None and order.resume_at <= now
        ]
        return [id for _, id in sorted(due)][:limit]


class FakeServices:
    """Services that do what they are asked, or raise what `fails` holds under their name."""

    def __init__(self) -> None:
        self.fails: dict[str, Exception] = {}
        self.asked: list[tuple[str, object]] = []
        """Service and what it was asked for, in the order of the calls."""
        self.meanwhile: Callable[[str], None] = lambda service: None
        """Called with the service's name while it works."""

    def record_payment(
        self, request_id: UUID, entry: LedgerEntry, deadline: float
    ) -> PaymentDetails:
        self._called("customer", entry)
        return PaymentDetails(
            request_id=request_id,
            policy_id=entry.policy_id,
            customer_id=entry.customer_id,
            product="home",
            amount=entry.amount,
            period=entry.period,
        )

    def follow_up(self, request_id: UUID, premium: PaidPremium, deadline: float) -> None:
        self._called("sales", premium)

    def confirm(self, request_id: UUID, confirmation: Confirmation, deadline: float) -> None:
        self._called("communication", confirmation)

    def ledger(self, customer_id: str, deadline: float) -> LedgerView:
        self._called("customer", customer_id)
        return LedgerView(policies=[], payments=[])

    def lead(self, customer_id: str, deadline: float) -> LeadView:
        self._called("sales", customer_id)
        return LeadView(products=["home"], payments=1, next_offer="motor")

    def confirmations(self, customer_id: str, deadline: float) -> ConfirmationsView:
        self._called("communication", customer_id)
        return ConfirmationsView(confirmations=[])

    def names(self) -> list[str]:
        return [service for service, _ in self.asked]

    def _called(self, service: str, about: object) -> None:
        self.asked.append((service, about))
        self.meanwhile(service)
        if service in self.fails:
            raise self.fails[service]


class MemoryPolicies:
    """Payments' view of the policies, and the requests that have taken a period."""

    def __init__(self, *policies: Policy) -> None:
        self.policies = {policy.policy_id: policy for policy in policies}
        self.taken: dict[tuple[str, str], UUID] = {}

    def policy(self, policy_id: str) -> Policy | None:
        return self.policies.get(policy_id)

    def take(self, payment: PaymentDetails) -> None:
        period = payment.policy_id, payment.period
        if period in self.taken:
            raise PeriodPaid(*period)
        self.taken[period] = payment.request_id
