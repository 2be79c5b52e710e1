"""Migrations bring any database up to date: a new one, a current one, a half-migrated one."""

import shutil
from pathlib import Path

import psycopg
import pytest

from migrations.runner import FOLDER, MigrationChanged, migrate
from tests.dsql import PRODUCT
from tests.integration.conftest import TestDatabase

NAMES = sorted(file.name for file in FOLDER.glob("*.sql"))
TABLES = {"policies", "payments", "requests", "steps", "outbox", "schema_migrations"}


@pytest.fixture
def connection(empty_database: TestDatabase) -> psycopg.Connection:
    return empty_database.connect(PRODUCT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations, for a test to change."""
    return Path(shutil.copytree(FOLDER, tmp_path / "sql"))


def tables(connection: psycopg.Connection) -> set[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row[0] for row in rows}


def indexes(connection: psycopg.Connection) -> set[str]:
    rows = connection.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
    return {row[0] for row in rows}


def test_a_new_database_gets_every_table_and_index(connection: psycopg.Connection) -> None:
    assert migrate(connection, dsql=False) == NAMES
    assert tables(connection) == TABLES
    assert {"steps_by_status", "outbox_by_mark"} <= indexes(connection)


def test_a_current_database_stays_as_it_is(connection: psycopg.Connection) -> None:
    migrate(connection, dsql=False)
    connection.execute("INSERT INTO policies VALUES ('P-1', 'C-1', 'home', 1, 'EUR')")

    assert migrate(connection, dsql=False) == []
    assert connection.execute("SELECT count(*) FROM policies").fetchone() == (1,)


def test_only_what_is_missing_is_applied(connection: psycopg.Connection, folder: Path) -> None:
    migrate(connection, dsql=False, folder=folder)
    (folder / "9999_more.sql").write_text("CREATE TABLE IF NOT EXISTS more (a int PRIMARY KEY);\n")

    assert migrate(connection, dsql=False, folder=folder) == ["9999_more.sql"]
    assert "more" in tables(connection)


def test_a_changed_file_is_refused_before_anything_is_applied(
    connection: psycopg.Connection, folder: Path
) -> None:
    migrate(connection, dsql=False, folder=folder)
    with (folder / NAMES[0]).open("a") as file:
        file.write("-- an afterthought\n")
    (folder / "9999_more.sql").write_text("CREATE TABLE IF NOT EXISTS more (a int PRIMARY KEY);\n")

    with pytest.raises(MigrationChanged, match=f"{NAMES[0]} changed.*add a new file"):
        migrate(connection, dsql=False, folder=folder)
    assert "more" not in tables(connection)


def test_a_migration_that_stopped_in_the_middle_of_a_file_is_continued(
    connection: psycopg.Connection, folder: Path
) -> None:
    """As on DSQL, each statement is a transaction of its own: what is done stays done."""
    interrupted = folder / "0003_requests.sql"
    text = interrupted.read_text()
    interrupted.write_text(text.replace("CREATE INDEX ASYNC", "CREATE INDEX AMISS", 1))
    with pytest.raises(psycopg.errors.SyntaxError):
        migrate(connection, dsql=False, folder=folder)
    assert {"requests", "steps"} <= tables(connection)
    assert "outbox" not in tables(connection)

    interrupted.write_text(text)
    assert (
        migrate(connection, dsql=False, folder=folder) == NAMES[NAMES.index("0003_requests.sql") :]
    )
    assert tables(connection) == TABLES


def test_a_migration_that_was_applied_but_not_recorded_is_recorded(
    connection: psycopg.Connection,
) -> None:
    migrate(connection, dsql=False)
    connection.execute("DELETE FROM schema_migrations WHERE name = %s", (NAMES[-1],))

    assert migrate(connection, dsql=False) == NAMES[-1:]


def test_an_older_deployment_accepts_the_newer_schema(
    connection: psycopg.Connection, folder: Path
) -> None:
    """A roll-back deploys fewer files than were applied."""
    migrate(connection, dsql=False)
    (folder / NAMES[-1]).unlink()

    assert migrate(connection, dsql=False, folder=folder) == []
