"""Payments at the same time: the loser of a race sees what the winner did."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from contracts.api import RequestStatus
from contracts.events import PaymentDetails
from customer.ledger import AuroraLedger
from customer.model import RequestUsed
from customer.service import pay, record
from payment_requests.aurora import AuroraRequests
from payment_requests.model import KeyReused, PaymentRequest
from payment_requests.premiums import PeriodPaid, Policy
from payment_requests.service import report
from runtime.database import Database
from tests.builders import NOW, ledger_entry, outcome, policy, submission
from tests.integration.conftest import TestDatabase

EUR_12 = {"value": "12.00", "currency": "EUR"}


@pytest.fixture(autouse=True)
def _policies(db: TestDatabase) -> None:
    AuroraLedger(db.connect()).add_policies([policy(), policy("P-2", premium="12.00")])


class Meeting:
    """Lets both functions' first attempts meet where each has read and none has written."""

    def __init__(self) -> None:
        self._barrier = Barrier(2, timeout=20)

    def once(self) -> Callable[[], object]:
        waits = iter([self._barrier.wait])
        return lambda: next(waits, lambda: 0)()


class MeetingLedger(AuroraLedger):
    def __init__(self, connection: psycopg.Connection, wait: Callable[[], object]) -> None:
        super().__init__(connection)
        self._wait = wait

    def policy(self, policy_id: str) -> Policy | None:
        found = super().policy(policy_id)
        self._wait()
        return found


def together[Result](
    db: TestDatabase, *works: Callable[[psycopg.Connection, Callable[[], object]], Result]
) -> list[Result | Exception]:
    """What each work came to, each in a function of its own and all at the same time."""
    meeting = Meeting()

    def run(work: Callable[[psycopg.Connection, Callable[[], object]], Result]) -> Any:
        wait = meeting.once()
        function = Database(lambda: psycopg.connect(db.url, autocommit=True))
        try:
            return function.transaction(lambda connection: work(connection, wait))
        except (PeriodPaid, KeyReused, RequestUsed) as refusal:
            return refusal
        finally:
            function.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def payment(
    key: str, **changes: Any
) -> Callable[[psycopg.Connection, Callable[[], object]], PaymentRequest]:
    def work(connection: psycopg.Connection, wait: Callable[[], object]) -> PaymentRequest:
        request, _ = pay(
            submission(**changes),
            "C-1",
            key,
            NOW,
            ledger=MeetingLedger(connection, wait),
            requests=AuroraRequests(connection),
            subscribers=["sales"],
        )
        return request

    return work


def counts(db: TestDatabase) -> tuple[Any, ...]:
    tables = ("payments", "requests", "outbox")
    return db.rows("SELECT " + ",".join(f"(SELECT count(*) FROM {t})" for t in tables))[0]


def test_identical_payments_are_one_request(db: TestDatabase) -> None:
    first, second = together(db, payment("key"), payment("key"))

    assert isinstance(first, PaymentRequest)
    assert first == second
    assert counts(db) == (1, 1, 1)


def test_of_two_keys_for_the_same_period_one_is_told_that_it_is_paid(db: TestDatabase) -> None:
    answers = together(db, payment("key-1"), payment("key-2"))

    assert {type(answer) for answer in answers} == {PaymentRequest, PeriodPaid}
    assert counts(db) == (1, 1, 1)


@pytest.mark.parametrize(
    "other", [{"period": "2026-12"}, {"policyId": "P-2", "amount": EUR_12}], ids=str
)
def test_of_two_bodies_with_the_same_key_one_is_told_that_the_key_is_used(
    db: TestDatabase, other: dict[str, Any]
) -> None:
    answers = together(db, payment("key"), payment("key", **other))

    assert {type(answer) for answer in answers} == {PaymentRequest, KeyReused}
    assert counts(db) == (1, 1, 1)


def test_different_payments_do_not_disturb_each_other(db: TestDatabase) -> None:
    answers = together(db, payment("key-1"), payment("key-2", policyId="P-2", amount=EUR_12))

    assert {type(answer) for answer in answers} == {PaymentRequest}
    assert counts(db) == (2, 2, 2)


class MeetingRequests(AuroraRequests):
    def __init__(self, connection: psycopg.Connection, wait: Callable[[], object]) -> None:
        super().__init__(connection)
        self._wait = wait

    def save(self, request: PaymentRequest) -> None:
        self._wait()
        super().save(request)


def test_the_same_report_twice_at_the_same_time_completes_the_request_once(
    db: TestDatabase,
) -> None:
    (request, _) = together(db, payment("key"), payment("key"))
    assert isinstance(request, PaymentRequest)

    def done(connection: psycopg.Connection, wait: Callable[[], object]) -> None:
        report(outcome(request.id), MeetingRequests(connection, wait))

    assert together(db, done, done) == [None, None]
    found = AuroraRequests(db.connect()).find(request.id)
    assert found
    assert found.status is RequestStatus.COMPLETED


def test_a_report_that_meets_the_sweep_wins(db: TestDatabase) -> None:
    (request, _) = together(db, payment("key"), payment("key"))
    assert isinstance(request, PaymentRequest)

    def done(connection: psycopg.Connection, wait: Callable[[], object]) -> None:
        report(outcome(request.id), MeetingRequests(connection, wait))

    def sweep(connection: psycopg.Connection, wait: Callable[[], object]) -> None:
        requests = MeetingRequests(connection, wait)
        found = requests.find(request.id)
        assert found
        requests.save(found.overdue(NOW))

    together(db, done, sweep)
    found = AuroraRequests(db.connect()).find(request.id)
    assert found
    assert found.status is RequestStatus.COMPLETED


def entry(
    request_id: UUID, **changes: Any
) -> Callable[[psycopg.Connection, Callable[[], object]], PaymentDetails]:
    def work(connection: psycopg.Connection, wait: Callable[[], object]) -> PaymentDetails:
        return record(request_id, ledger_entry(**changes), NOW, MeetingLedger(connection, wait))

    return work


def test_identical_entries_are_one_payment(db: TestDatabase) -> None:
    request_id = uuid4()
    first, second = together(db, entry(request_id), entry(request_id))

    assert isinstance(first, PaymentDetails)
    assert first == second
    assert counts(db) == (1, 0, 0)


def test_of_two_entries_for_the_same_period_one_is_told_that_it_is_paid(db: TestDatabase) -> None:
    answers = together(db, entry(uuid4()), entry(uuid4()))

    assert {type(answer) for answer in answers} == {PaymentDetails, PeriodPaid}
    assert counts(db) == (1, 0, 0)


def test_of_two_entries_under_the_same_id_one_is_told_that_it_is_used(db: TestDatabase) -> None:
    request_id = uuid4()
    answers = together(db, entry(request_id), entry(request_id, period="2026-12"))

    assert {type(answer) for answer in answers} == {PaymentDetails, RequestUsed}
    assert counts(db) == (1, 0, 0)
