"""Use cases over the requests of one service, whichever store holds them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import batched
from typing import Protocol
from uuid import UUID

from contracts.api import PaymentSubmission
from contracts.events import Event, PaymentDetails, StepOutcome
from payment_requests.model import (
    Change,
    PaymentRequest,
    UnknownRequest,
    check_payer,
    request_id,
)

_CHUNK = 50


class RequestStore(Protocol):
    """The requests as one transaction sees them, and the outbox beside them."""

    def find(self, request_id: UUID) -> PaymentRequest | None: ...

    def save(self, request: PaymentRequest) -> None:
        """Stores the steps of a request that was found before."""

    def overdue(self, accepted_before: datetime, limit: int) -> list[UUID]:
        """Requests with open steps, oldest first."""

    def unpublished(self, marked_before: datetime, limit: int) -> list[Event]:
        """Events whose mark "to be published" still stands, oldest first."""

    def mark_published(self, event_ids: Sequence[UUID]) -> None: ...


class NewRequests(Protocol):
    """The requests as the transaction sees them that accepts one."""

    def find(self, request_id: UUID) -> PaymentRequest | None: ...

    def add(self, request: PaymentRequest, events: Sequence[Event]) -> None:
        """Stores the request with the mark that these events are to be published."""


class Owned(Protocol):
    @property
    def subject(self) -> str:
        """Of the token of the client whose request it is."""


class Finder[Found: Owned](Protocol):
    def find(self, request_id: UUID) -> Found | None: ...


class Transaction[Store](Protocol):
    """Runs the work in one transaction, again after a conflict: so it has no other effects."""

    def __call__[Result](self, work: Callable[[Store], Result]) -> Result: ...


class Publisher(Protocol):
    def publish(self, events: Sequence[Event]) -> list[UUID]:
        """The ids of the events that were accepted; a refused one is missing, never raised."""


def accept(
    submission: PaymentSubmission,
    subject: str,
    idempotency_key: str,
    now: datetime,
    *,
    requests: NewRequests,
    take: Callable[[UUID], PaymentDetails],
    events: Callable[[PaymentDetails], Sequence[Event]],
    done: Sequence[str] = (),
    pending: Sequence[str],
) -> tuple[PaymentRequest, Sequence[Event]]:
    """Takes the payment, once, and stores the request with the mark to publish what happened. A
    repeated submission gets its request's present state and no event.

    `take` takes the payment in the transaction of `requests`, or raises why it is not due. Raises
    ForeignCustomer and KeyReused too: nothing is stored then.
    """
    check_payer(submission, subject)
    id = request_id(subject, idempotency_key)
    earlier = requests.find(id)
    if earlier is not None:
        return earlier.same_as(submission), []
    happened = events(take(id))
    request = PaymentRequest.accept(id, subject, submission, now, done=done, pending=pending)
    requests.add(request, happened)
    return request, happened


def find[Found: Owned](request_id: UUID, subject: str, requests: Finder[Found]) -> Found:
    """Raises UnknownRequest also for another client's request, which must not show."""
    found = requests.find(request_id)
    if found is None or found.subject != subject:
        raise UnknownRequest("there is no such request")
    return found


def report(outcome: StepOutcome, requests: RequestStore) -> Change | None:
    """None where the outcome says nothing new, or comes too late. Raises UnknownRequest where it is
    of no known request.
    """
    request = requests.find(outcome.request_id)
    if request is None:
        raise UnknownRequest(f"there is no request {outcome.request_id}")
    changed = request.after(outcome)
    if changed == request:
        return None
    requests.save(changed)
    return Change(request, changed)


def publish(
    events: Sequence[Event],
    transaction: Transaction[RequestStore],
    publisher: Publisher,
) -> int:
    """Publishes, then clears the marks: a crash between the two publishes again later."""
    published = publisher.publish(events) if events else []
    if published:
        transaction(lambda requests: requests.mark_published(published))
    return len(published)


def relay(
    marked_before: datetime,
    transaction: Transaction[RequestStore],
    publisher: Publisher,
    *,
    limit: int = 1000,
) -> tuple[int, int]:
    """Publishes what stayed marked; answers how many events were found and how many published.

    Marks are cleared as it goes, so that a relay that is cut short has got on.
    """
    events = transaction(lambda requests: requests.unpublished(marked_before, limit))
    published = 0
    for chunk in batched(events, _CHUNK):
        accepted = publish(chunk, transaction, publisher)
        if not accepted:
            break  # the destination is down: the next run tries again
        published += accepted
    return len(events), published


def sweep(
    accepted_before: datetime,
    now: datetime,
    transaction: Transaction[RequestStore],
    *,
    limit: int = 1000,
) -> Iterator[Change]:
    """Fails the open steps of requests past their deadline, one request after the other.

    A step's last attempt may have ended without a report: killed, timed out, or dead-lettered.
    """

    def close(request_id: UUID, requests: RequestStore) -> Change | None:
        request = requests.find(request_id)
        if request is None or request == (closed := request.overdue(now)):
            return None  # reported meanwhile
        requests.save(closed)
        return Change(request, closed)

    for id in transaction(lambda requests: requests.overdue(accepted_before, limit)):
        if change := transaction(partial(close, id)):
            yield change
