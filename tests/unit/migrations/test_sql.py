"""The migration files hold only SQL that Aurora DSQL takes, and can be applied again."""

import re
from pathlib import Path

import pytest

from migrations.runner import FOLDER, _statements, schema_hash
from tests.dsql import refusals

FILES = sorted(FOLDER.glob("*.sql"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_dsql_takes_a_migration(file: Path) -> None:
    assert refusals(_statements(file.read_text())) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_statement_can_run_again_since_dsql_cannot_roll_a_file_back(file: Path) -> None:
    for statement in _statements(file.read_text()):
        assert re.search(r"\bIF NOT EXISTS\b", statement), statement


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [file.name[:5] for file in FILES] == [f"{n:04}_" for n in range(1, len(FILES) + 1)]


@pytest.mark.parametrize(
    "refused",
    [
        "SAVEPOINT a",
        "TRUNCATE t",
        "SELECT 1 FROM t FOR SHARE",
        "SELECT 1 FROM t FOR UPDATE SKIP LOCKED",
        "LOCK TABLE t",
        "SELECT pg_advisory_lock(1)",
        "CREATE TABLE t (a serial PRIMARY KEY)",
        "CREATE TABLE t (a int PRIMARY KEY, b text[])",
        "CREATE TYPE t AS ENUM ('a')",
        "CREATE INDEX i ON t (a)",
        "CREATE TRIGGER a AFTER INSERT ON t EXECUTE FUNCTION f()",
        "CREATE TEMP TABLE t (a int)",
        "BEGIN ISOLATION LEVEL SERIALIZABLE",
    ],
)
def test_what_dsql_refuses_is_found(refused: str) -> None:
    assert refusals(["SELECT 1", refused])


def test_the_schema_hash_changes_with_every_change_of_a_file(tmp_path: Path) -> None:
    hashes = {schema_hash(tmp_path)}
    for name, text in (("1.sql", "a"), ("1.sql", "b"), ("2.sql", "b")):
        (tmp_path / name).write_text(text)
        hashes.add(schema_hash(tmp_path))

    assert len(hashes) == 4
