"""The database that stands in for Aurora DSQL."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from local.servers import ports
from local.servers.postgres import Postgres
from local.servers.process import ServerCrashed
from tests.eventually import eventually


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A server of its own in a folder that no other account may enter."""
    tmp_path.chmod(0o700)
    with ports.claim(5500) as port:
        server = Postgres(tmp_path, port)
        server.start()
        try:
            yield server
        finally:
            server.remove()


def server_process(postgres: Postgres) -> psutil.Process:
    listening = [c for c in psutil.net_connections("tcp") if c.laddr.port == postgres.port]
    (process,) = {c.pid for c in listening if c.status == psutil.CONN_LISTEN}
    return psutil.Process(process)


def test_it_is_set_up_like_dsql(postgres: Postgres) -> None:
    with psycopg.connect(postgres.create_database("ledger")) as connection:
        setting = "SELECT current_setting('default_transaction_isolation'), version()"
        isolation, version = connection.execute(setting).fetchone() or ("", "")

    assert isolation == "repeatable read"
    assert version.startswith("PostgreSQL 16.")


def test_every_statement_is_in_the_log(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("postgres")) as connection:
        connection.execute("SELECT %s::text AS marked_statement", ["x"])

    assert "SELECT $1::text AS marked_statement" in postgres.log.read_text()


def test_it_serves_forty_processes_on_loopback_only(postgres: Postgres) -> None:
    url = postgres.url("postgres")

    connections = [psycopg.connect(url) for _ in range(45)]
    addresses = {
        connection.laddr.ip
        for connection in server_process(postgres).net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    for connection in connections:
        connection.close()

    assert addresses == {"127.0.0.1"}


def test_a_database_is_made_once_whoever_asks(postgres: Postgres) -> None:
    with ThreadPoolExecutor(5) as pool:
        urls = set(pool.map(postgres.create_database, ["ledger"] * 5))

    assert urls == {f"postgresql://postgres@127.0.0.1:{postgres.port}/ledger"}


def test_it_can_be_stopped_and_started_with_its_data(postgres: Postgres) -> None:
    url = postgres.create_database("ledger")
    open_connection = psycopg.connect(url, autocommit=True)
    open_connection.execute("CREATE TABLE kept (id int)")

    postgres.stop()
    postgres.stop()
    with pytest.raises(psycopg.OperationalError):
        open_connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    open_connection.close()
    postgres.start()
    postgres.start()

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_crash_is_reported_with_the_end_of_the_log(postgres: Postgres) -> None:
    postgres.check()
    os.kill(server_process(postgres).pid, signal.SIGKILL)

    def crash() -> ServerCrashed | None:
        try:
            postgres.check()
        except ServerCrashed as error:
            return error
        return None

    message = str(eventually(crash, "the crash to be noticed"))
    assert message.startswith("PostgreSQL ended with status 137.")
    assert "database system is ready to accept connections" in message


def test_nothing_is_left_when_it_is_removed(postgres: Postgres) -> None:
    home = postgres.log.parent / "postgres"
    place = home.resolve()
    assert place.is_dir()

    postgres.remove()

    assert not place.exists()
    assert not home.is_symlink()
