"""Requests and their outbox in Aurora, within a transaction that the caller runs."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from psycopg import Connection

from contracts.api import StepStatus
from contracts.events import Event, StoredEvent
from payment_requests.model import PaymentRequest, Step
from runtime.database import database


class AuroraRequests:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, request: PaymentRequest, events: Sequence[Event]) -> None:
        """Stores the request with the mark that these events are to be published."""
        with self._connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO requests (request_id, subject, fingerprint, accepted_at)"
                " VALUES (%s, %s, %s, %s)",
                (request.id, request.subject, request.fingerprint, request.accepted_at),
            )
            cursor.executemany(
                "INSERT INTO steps (request_id, position, service, status, changed_at, detail)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                [
                    (
                        request.id,
                        position,
                        step.service,
                        step.status,
                        step.at,
                        step.detail,
                    )
                    for position, step in enumerate(request.steps)
                ],
            )
            cursor.executemany(
                "INSERT INTO outbox (event_id, event, marked_at) VALUES (%s, %s, %s)",
                [(event.id, event.model_dump_json(), request.accepted_at) for event in events],
            )

    def find(self, request_id: UUID) -> PaymentRequest | None:
        rows = self._connection.execute(
            "SELECT r.subject, r.fingerprint, r.accepted_at,"
            " s.service, s.status, s.changed_at, s.detail"
            " FROM requests r JOIN steps s USING (request_id)"
            " WHERE r.request_id = %s ORDER BY s.position",
            (request_id,),
        ).fetchall()
        if not rows:
            return None
        subject, fingerprint, accepted_at = rows[0][:3]
        steps = tuple(Step(row[3], StepStatus(row[4]), *row[5:]) for row in rows)
        return PaymentRequest(request_id, subject, fingerprint, accepted_at, steps)

    def save(self, request: PaymentRequest) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE steps SET status = %s, changed_at = %s, detail = %s"
                " WHERE request_id = %s AND service = %s",
                [
                    (step.status, step.at, step.detail, request.id, step.service)
                    for step in request.steps
                ],
            )

    def overdue(self, accepted_before: datetime, limit: int) -> list[UUID]:
        rows = self._connection.execute(
            "SELECT request_id FROM requests r WHERE accepted_at < %s AND EXISTS"
            " (SELECT 1 FROM steps s WHERE s.request_id = r.request_id AND s.status IN (%s, %s))"
            " ORDER BY accepted_at LIMIT %s",
            (accepted_before, StepStatus.PENDING, StepStatus.RETRYING, limit),
        )
        return [row[0] for row in rows]

    def unpublished(self, marked_before: datetime, limit: int) -> list[Event]:
        rows = self._connection.execute(
            "SELECT event FROM outbox WHERE marked_at < %s ORDER BY marked_at LIMIT %s",
            (marked_before, limit),
        )
        return [StoredEvent.model_validate_json(row[0]) for row in rows]

    def mark_published(self, event_ids: Sequence[UUID]) -> None:
        self._connection.execute("DELETE FROM outbox WHERE event_id = ANY(%s)", (list(event_ids),))


def transaction[Result](work: Callable[[AuroraRequests], Result]) -> Result:
    """Runs the work in one transaction of this function's database."""
    return database().transaction(lambda connection: work(AuroraRequests(connection)))
