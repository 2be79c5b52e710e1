"""Transactions survive conflicts and broken connections, and never leave half of their work."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

import psycopg
import pytest
from psycopg import Connection

from local.servers.postgres import Postgres
from runtime.database import Database
from runtime.errors import Unavailable
from tests.integration.conftest import TestDatabase

# Raises DSQL's conflict at COMMIT as long as the sequence is below its budget.
CONFLICTS = """
CREATE SEQUENCE budget MINVALUE -1000 START 1;
CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('budget') <= 0 THEN
    RAISE EXCEPTION 'change conflicts with another transaction (OC000)' USING errcode = '40001';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER conflict AFTER INSERT OR UPDATE ON counters
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION conflict();
"""


class Counter:
    """A table with one number, and databases of functions that use it."""

    def __init__(self, database: TestDatabase) -> None:
        self._database = database
        self._opened: list[Database] = []
        own = database.connect()
        own.execute("CREATE TABLE counters (id int PRIMARY KEY, number int NOT NULL)")
        own.execute("INSERT INTO counters VALUES (1, 0)")

    def function(self) -> Database:
        """Another function's database: one connection of its own."""
        opened = Database(lambda: psycopg.connect(self._database.url, autocommit=True))
        self._opened.append(opened)
        return opened

    def conflict_at_commit(self, times: int) -> None:
        own = self._database.connect()
        own.execute(CONFLICTS.encode())
        own.execute("SELECT setval('budget', %s, true)", (-times,))

    def end_connections(self) -> None:
        """What an administrator, a fail-over or DSQL's time limit does."""
        self._database.rows(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    @property
    def number(self) -> int:
        ((number,),) = self._database.rows("SELECT number FROM counters")
        return int(number)

    def close(self) -> None:
        for opened in self._opened:
            opened.close()


class Increment:
    """Reads the number, then writes the next; `between` runs in the first attempt only."""

    def __init__(self, between: Callable[[], object] = lambda: None) -> None:
        self.attempts = 0
        self._between = between

    def __call__(self, connection: Connection) -> int:
        self.attempts += 1
        row = connection.execute("SELECT number FROM counters WHERE id = 1").fetchone()
        assert row
        if self.attempts == 1:
            self._between()
        connection.execute("UPDATE counters SET number = %s WHERE id = 1", (row[0] + 1,))
        return int(row[0]) + 1


@pytest.fixture
def counter(empty_database: TestDatabase) -> Iterator[Counter]:
    counter = Counter(empty_database)
    yield counter
    counter.close()


def test_work_is_committed_and_answered(counter: Counter) -> None:
    assert counter.function().transaction(Increment()) == 1
    assert counter.number == 1


def test_work_that_raises_is_rolled_back_and_not_repeated(counter: Counter) -> None:
    increment = Increment()

    def work(connection: Connection) -> None:
        increment(connection)
        raise LookupError("no such policy")

    with pytest.raises(LookupError, match="no such policy"):
        counter.function().transaction(work)
    assert (counter.number, increment.attempts) == (0, 1)


def test_one_connection_serves_many_transactions(counter: Counter) -> None:
    function = counter.function()

    def backend(connection: Connection) -> int:
        return connection.info.backend_pid

    assert function.transaction(backend) == function.transaction(backend)


def test_two_functions_that_change_the_same_row_lose_no_update(counter: Counter) -> None:
    both_have_read = Barrier(2, timeout=20)
    increments = [Increment(both_have_read.wait) for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        functions = [counter.function() for _ in increments]
        answers = pool.map(lambda f, work: f.transaction(work), functions, increments)

    assert sorted(answers) == [1, 2]
    assert counter.number == 2
    assert sum(increment.attempts for increment in increments) == 3


def test_a_conflict_at_commit_is_retried(counter: Counter) -> None:
    counter.conflict_at_commit(times=2)
    increment = Increment()

    assert counter.function().transaction(increment) == 1
    assert (counter.number, increment.attempts) == (1, 3)


def test_a_transaction_that_keeps_conflicting_is_given_up(counter: Counter) -> None:
    counter.conflict_at_commit(times=99)
    function = counter.function()

    with pytest.raises(Unavailable, match="kept conflicting"):
        function.transaction(Increment())
    assert counter.number == 0
    assert function.transaction(lambda c: c.execute("SELECT 1").fetchone()) == (1,)


def test_a_connection_that_ended_between_invocations_is_replaced(counter: Counter) -> None:
    function = counter.function()
    function.transaction(Increment())

    counter.end_connections()

    assert function.transaction(Increment()) == 2
    assert counter.number == 2


def test_a_connection_that_breaks_in_the_middle_is_replaced(counter: Counter) -> None:
    increment = Increment(counter.end_connections)

    assert counter.function().transaction(increment) == 1
    assert (counter.number, increment.attempts) == (1, 2)


def test_when_the_new_connection_breaks_too_the_database_is_unavailable(counter: Counter) -> None:
    def work(connection: Connection) -> None:
        Increment(counter.end_connections)(connection)

    with pytest.raises(Unavailable, match="did not answer"):
        counter.function().transaction(work)
    assert counter.number == 0


def test_a_database_that_is_down_is_unavailable_until_it_is_back(
    counter: Counter, postgres: Postgres
) -> None:
    warm, cold = counter.function(), counter.function()
    warm.transaction(Increment())

    postgres.stop()
    try:
        for function in (warm, cold):
            with pytest.raises(Unavailable, match="did not answer"):
                function.transaction(Increment())
    finally:
        postgres.start()

    assert counter.number == 1
    assert warm.transaction(Increment()) == 2
    assert cold.transaction(Increment()) == 3


def test_a_database_that_goes_down_in_the_middle_keeps_nothing_of_the_work(
    counter: Counter, postgres: Postgres
) -> None:
    try:
        with pytest.raises(Unavailable):
            counter.function().transaction(Increment(postgres.stop))
    finally:
        postgres.start()

    assert counter.number == 0


def test_a_connection_is_replaced_before_dsql_would_end_it(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(sleep=time.sleep)
    monkeypatch.setattr("runtime.database.time", clock)
    function, used = counter.function(), set()

    for minutes in (0, 49, 51, 100):
        clock.monotonic = lambda now=minutes * 60.0: now
        used.add(function.transaction(lambda connection: connection))

    assert len(used) == 2
    assert sorted(connection.closed for connection in used) == [False, True]


def test_a_failed_transaction_leaves_a_usable_connection(counter: Counter) -> None:
    function = counter.function()

    with pytest.raises(psycopg.errors.UndefinedTable):
        function.transaction(lambda connection: connection.execute("SELECT 1 FROM missing"))

    assert function.transaction(Increment()) == 1
