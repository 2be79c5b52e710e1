"""How long a stack takes to work off what waits in its Sales queue."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import batched
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

import psycopg

from local.bench.figures import NotMeasured
from local.bench.world import World

_BATCH = 10
_SENDERS = 4
_POLL_S = 0.2
_CUSTOMERS = 500
_DEADLINE_S = 30.0
_DEADLINE_S_PER_MESSAGE = 0.1


def drain(here: World, size: int) -> float:
    """Seconds from the moment at which Sales may begin until every request is completed."""
    with psycopg.connect(here.cloud.create_database(here.stack.name), autocommit=True) as database:
        with here.paused("SalesConsumerFunction"):
            requests = [uuid4() for _ in range(size)]
            insert(database, requests)
            send(here, requests)
            began = monotonic()
        deadline = began + _DEADLINE_S + size * _DEADLINE_S_PER_MESSAGE
        while left := _open_steps(database):
            if monotonic() > deadline:
                raise NotMeasured(f"{left} of {size} messages were not worked off in time")
            here.cloud.check()
            sleep(_POLL_S)
        return monotonic() - began


def insert(database: psycopg.Connection, requests: Sequence[UUID]) -> None:
    """Requests as Customer leaves them: its own step is done, that of Sales is not."""
    now = datetime.now(UTC)
    with database.transaction(), database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO requests (request_id, subject, fingerprint, accepted_at)"
            " VALUES (%s, 'bench', '', %s)",
            [(request, now) for request in requests],
        )
        cursor.executemany(
            "INSERT INTO steps (request_id, position, service, status, changed_at)"
            " VALUES (%s, %s, %s, %s, %s)",
            [
                step
                for request in requests
                for step in (
                    (request, 0, "customer", "done", now),
                    (request, 1, "sales", "pending", now),
                )
            ],
        )


def send(here: World, requests: Sequence[UUID]) -> None:
    """Tells Sales of these requests."""
    sqs, queue = here.cloud.client("sqs"), here.stack.outputs["SalesQueueUrl"]

    def send(batch: Sequence[tuple[int, UUID]]) -> None:
        entries = [
            {"Id": str(number), "MessageBody": json.dumps(payment_accepted(number, request))}
            for number, request in batch
        ]
        answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        if answer.get("Failed"):
            raise NotMeasured(f"the Sales queue refused messages: {answer['Failed'][0]}")

    with ThreadPoolExecutor(_SENDERS) as pool:
        list(pool.map(send, batched(enumerate(requests), _BATCH, strict=False)))


def payment_accepted(number: int, request: UUID) -> dict[str, Any]:
    """The event that Customer publishes (`contracts.events.PaymentAccepted`)."""
    return {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "customer",
        "type": "payment.accepted.v1",
        "time": datetime.now(UTC).isoformat(),
        "data": {
            "requestId": str(request),
            "policyId": f"BENCH-{number}",
            "customerId": f"BENCH-{number % _CUSTOMERS}",
            "product": "motor",
            "amount": {"value": "49.90", "currency": "EUR"},
            "period": "2026-11",
        },
    }


def _open_steps(database: psycopg.Connection) -> int:
    row = database.execute("SELECT count(*) FROM steps WHERE status <> 'done'").fetchone()
    return int(row[0]) if row else 0
