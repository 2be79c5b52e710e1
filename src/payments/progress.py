"""Tells of the progress of orders, in the log and in metrics."""

from collections.abc import Callable
from typing import override

from contracts.api import StepStatus
from payment_requests.model import Change
from payment_requests.progress import tell
from payments.model import CUSTOMER, Order
from payments.orders import OrdersTable


class ToldOrders(OrdersTable):
    """Orders, of which every change is told once it is stored."""

    @override
    def update(self, order: Order, change: Callable[[Order], Order]) -> Order:
        changes: list[Change] = []

        def noted(stored: Order) -> Order:
            changed = change(stored)
            # The payment stands once Customer has recorded it, and not before.
            is_accepted = not _is_recorded(stored) and _is_recorded(changed)
            changes.append(Change(None if is_accepted else stored.request, changed.request))
            return changed

        updated = super().update(order, noted)
        tell(changes[-1])  # those before it were not stored: another was faster
        return updated


def _is_recorded(order: Order) -> bool:
    return order.step(CUSTOMER).status is StepStatus.DONE
