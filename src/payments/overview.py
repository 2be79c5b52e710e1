"""Use case: what all services know of a customer, collected at the same time (API composition)."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Protocol

from contracts.api import Overview
from contracts.internal import ConfirmationsView, LeadView, LedgerView
from runtime.errors import NotDone, OutcomeUnknown, Refused, Unavailable


class Views(Protocol):
    """The services' views of a customer. A `deadline` is an instant of `time.monotonic`.

    Each raises NotDone, OutcomeUnknown or Refused.
    """

    def ledger(self, customer_id: str, deadline: float) -> LedgerView: ...

    def lead(self, customer_id: str, deadline: float) -> LeadView: ...

    def confirmations(self, customer_id: str, deadline: float) -> ConfirmationsView: ...


def overview(customer_id: str, views: Views, deadline: float) -> Overview:
    """A part that does not come in time is missing. Raises Unavailable where all are."""

    def ask[View](view: Callable[[str, float], View]) -> Future[View | None]:
        return _pool().submit(_view_or_none, view, customer_id, deadline)

    ledger, lead, confirmations = ask(views.ledger), ask(views.lead), ask(views.confirmations)
    found = Overview(
        customer_id=customer_id,
        customer=ledger.result(),
        sales=lead.result(),
        communication=confirmations.result(),
    )
    if len(found.missing) == 3:
        raise Unavailable("no service answered")
    return found


def _view_or_none[View](
    view: Callable[[str, float], View], customer_id: str, deadline: float
) -> View | None:
    try:
        return view(customer_id, deadline)
    except (NotDone, OutcomeUnknown, Refused):
        return None


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=3)
