"""Use cases: a customer pays a premium, and every service does its part, once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from time import monotonic
from typing import Protocol
from uuid import UUID

from contracts.api import PaymentSubmission, StepStatus
from contracts.events import PaymentDetails, ReportedStatus, StepOutcome
from contracts.internal import Confirmation, LedgerEntry, PaidPremium
from payment_requests.model import PaymentRequest, check_payer, request_id
from payment_requests.service import find
from payments.model import (
    COMMUNICATION,
    CUSTOMER,
    SALES,
    NothingRecorded,
    NotPaid,
    Order,
    Receipt,
)
from runtime.errors import NotDone, OutcomeUnknown, Refused, Unavailable

# A function that ends in the middle of a call has told nobody what came of it.
_LEAST_SECONDS = 8.0
RESERVE_SECONDS = 4.0
"""Of a function's time, to note what the services answered and to answer the client."""
_MOST_SECONDS = 15.0
_MOST_DETAIL = 500  # characters


class Orders(Protocol):
    """Raises Unavailable when the store does not answer."""

    def find(self, request_id: UUID) -> Order | None: ...

    def add(self, order: Order) -> Order | None:
        """The order that is there already under this id; then nothing is stored."""

    def update(self, order: Order, change: Callable[[Order], Order]) -> Order:
        """Changes the order as it is stored now; stores it again where it was withdrawn."""

    def withdraw(self, order: Order) -> bool:
        """Removes the order unless it was stored anew since; whether it is removed."""

    def due(self, now: datetime, limit: int) -> list[UUID]:
        """Orders with open steps whose time to be resumed has come, the longest waiting first."""


class Services(Protocol):
    """The other services. A `deadline` is an instant of `time.monotonic`.

    Each call can be repeated, and raises NotDone, OutcomeUnknown or Refused.
    """

    def record_payment(
        self, request_id: UUID, entry: LedgerEntry, deadline: float
    ) -> PaymentDetails: ...

    def follow_up(self, request_id: UUID, premium: PaidPremium, deadline: float) -> None: ...

    def confirm(self, request_id: UUID, confirmation: Confirmation, deadline: float) -> None: ...


@dataclass(frozen=True)
class Payments:
    """`relay_age`: how long after an attempt an order with open steps is resumed, at first.
    `give_up_after`: how long after an order's acceptance its open steps have failed. `resuming`: is
    entered with an order's id while it is resumed.
    """

    orders: Orders
    services: Services
    clock: Callable[[], datetime]
    relay_age: timedelta
    give_up_after: timedelta = timedelta.max
    resuming: Callable[[UUID], AbstractContextManager[object]] = nullcontext

    def pay(
        self, submission: PaymentSubmission, subject: str, idempotency_key: str, deadline: float
    ) -> PaymentRequest:
        """Stores the order, so that a crash loses nothing, then has the services do their part. A
        repeated submission resumes what is open; else it gets the request's present state.

        Raises ForeignCustomer, KeyReused, Refused (by Customer) or NothingRecorded: there is no
        payment then. Raises Unavailable where that is unknown: the order stays, to be resumed.
        """
        check_payer(submission, subject)
        id = request_id(subject, idempotency_key)
        order = Order.accept(id, subject, submission, self.clock(), self.relay_age)
        known = self.orders.add(order)
        try:
            if known is None:
                return self._resume(order, deadline).request
            known.request.same_as(submission)
            if not known.is_open:
                return known.request
            # Stored anew, so that nobody withdraws it while it is resumed here.
            return self._resume(self.orders.update(known, _unchanged), deadline).request
        except OutcomeUnknown as error:
            raise Unavailable(str(error)) from error
        except NotDone as error:
            # By this call; others under the same key may have been more successful.
            if known is None and self.orders.withdraw(order):
                raise NothingRecorded("nothing was recorded: repeat the request") from error
            raise Unavailable(str(error)) from error

    def resume_due(self, time_left: Callable[[], float], limit: int = 1000) -> tuple[int, int]:
        """Resumes orders with open steps while there is time for one more; answers how many were
        due and how many have no open step any more. `time_left` is in seconds.

        An order that cannot be resumed holds up no other: its error is raised at the end.
        """
        due = self.orders.due(self.clock(), limit)
        ended = 0
        errors: list[Exception] = []
        for id in due:
            seconds = time_left()
            if seconds < _LEAST_SECONDS:
                break
            try:
                with self.resuming(id):
                    ended += self._ends(id, min(seconds - RESERVE_SECONDS, _MOST_SECONDS))
            except Exception as error:  # noqa: BLE001  # raised below
                error.add_note(f"in request {id}")
                errors.append(error)
        if errors:
            raise ExceptionGroup(f"{len(errors)} of {len(due)} requests not resumed", errors)
        return len(due), ended

    def _ends(self, id: UUID, seconds: float) -> bool:
        """Whether the order has no open step any more after this attempt."""
        order = self.orders.find(id)
        if order is None or not order.is_open:
            return True
        # Before the attempt, after which this function may not live any more.
        order = self.orders.update(order, self._postponed)
        try:
            order = self._resume(order, monotonic() + seconds)
        except Refused:  # there is no payment, and no order any more
            return True
        except (NotDone, OutcomeUnknown):
            pass
        if order.is_open and self.clock() - order.request.accepted_at > self.give_up_after:
            order = self.orders.update(order, lambda stored: stored.given_up(self.clock()))
        return not order.is_open

    def _resume(self, order: Order, deadline: float) -> Order:
        """Has the services do what is open: Customer first, then the others at the same time, so
        that the client waits for the slower of the two and not for both.

        Raises NotDone, OutcomeUnknown or Refused when Customer did not record the payment.
        """
        recorded = self._recorded(order, deadline) if order.step(CUSTOMER).is_open else order
        outcomes = self._follow_up(recorded, deadline)
        product, recorded_at = recorded.product, recorded.step(CUSTOMER).at
        return self.orders.update(
            order, lambda stored: stored.recorded(product, recorded_at).after(outcomes)
        )

    def _recorded(self, order: Order, deadline: float) -> Order:
        try:
            details = self.services.record_payment(order.id, order.entry, deadline)
        except Refused:
            self.orders.withdraw(order)
            raise
        return order.recorded(details.product, self.clock())

    def _follow_up(self, order: Order, deadline: float) -> list[StepOutcome]:
        calls: dict[str, Callable[[], None]] = {}
        if order.step(SALES).is_open:
            calls[SALES] = partial(self.services.follow_up, order.id, order.paid_premium, deadline)
        if order.step(COMMUNICATION).is_open and order.confirmation:
            calls[COMMUNICATION] = partial(
                self.services.confirm, order.id, order.confirmation, deadline
            )
        attempts = [
            _pool().submit(self._attempt, order, service, call) for service, call in calls.items()
        ]
        return [attempt.result() for attempt in attempts]

    def _attempt(self, order: Order, service: str, call: Callable[[], None]) -> StepOutcome:
        """The payment stands: a service that is down for a while is asked again later."""
        status: ReportedStatus = StepStatus.DONE
        detail = None
        try:
            call()
        except Refused as error:
            status, detail = StepStatus.FAILED, str(error)[:_MOST_DETAIL]
        except (NotDone, OutcomeUnknown):
            status, detail = StepStatus.RETRYING, f"attempt {order.attempts} failed"
        return StepOutcome(
            request_id=order.id, service=service, status=status, at=self.clock(), detail=detail
        )

    def _postponed(self, order: Order) -> Order:
        return order.postponed(self.clock(), self.relay_age)


def receipt(request_id: UUID, subject: str, orders: Orders) -> Receipt:
    """Raises UnknownRequest, or NotPaid where the payment is not known to be recorded."""
    order = find(request_id, subject, orders)
    if order.step(CUSTOMER).status is not StepStatus.DONE:
        raise NotPaid("there is no payment that is known of")
    return Receipt(
        request_id=order.id,
        policy_id=order.entry.policy_id,
        customer_id=order.entry.customer_id,
        product=order.product,
        amount=order.entry.amount,
        period=order.entry.period,
        recorded_at=order.step(CUSTOMER).at,
    )


def _unchanged(order: Order) -> Order:
    return order


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=2)
