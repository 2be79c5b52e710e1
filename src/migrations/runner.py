"""Applies numbered SQL files in order, each once.

Aurora DSQL takes one DDL statement per transaction, so a file can be applied in part: every
statement must be idempotent (IF NOT EXISTS), and a file is recorded after its last statement.
"""

import hashlib
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, LiteralString

from psycopg import Connection, Cursor, sql
from psycopg.errors import SerializationFailure

FOLDER = Path(__file__).with_name("sql")

_ATTEMPTS = 8
_BACKOFF_SECONDS = 0.1
_RECORD = """
CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class IndexBuildFailed(Exception):
    """An asynchronous index could not be built; the file is not recorded as applied."""


class MigrationChanged(Exception):
    """A file was edited after it was applied: add a new file instead."""


def schema_hash(folder: Path = FOLDER) -> str:
    """Names the schema as these files make it, for the template's SchemaHash."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.sql")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def migrate(connection: Connection, *, dsql: bool, folder: Path = FOLDER) -> list[str]:
    """Applies what is missing over an autocommit connection; answers the applied files' names.

    Raises MigrationChanged before anything is applied.
    """
    execute(connection, _RECORD)
    applied: dict[str, str] = dict(
        execute(connection, "SELECT name, sha256 FROM schema_migrations").fetchall()
    )
    files = {file.name: file.read_text() for file in sorted(folder.glob("*.sql"))}
    hashes = {name: hashlib.sha256(sql.encode()).hexdigest() for name, sql in files.items()}
    for name, known in applied.items():
        if hashes.get(name, known) != known:
            raise MigrationChanged(f"{name} changed after it was applied: add a new file instead")
    missing = [name for name in files if name not in applied]
    for name in missing:
        for statement in _statements(files[name]):
            _apply(connection, statement, dsql=dsql)
        execute(
            connection,
            "INSERT INTO schema_migrations (name, sha256) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (name, hashes[name]),
        )
    return missing


def _statements(sql: str) -> list[str]:
    # A semicolon at the end of a line ends a statement; our files hold no functions.
    return [s for s in (part.strip() for part in re.split(r";[ \t]*(?:\n|\Z)", sql)) if s]


def _apply(connection: Connection, statement: str, *, dsql: bool) -> None:
    if not dsql:  # PostgreSQL has no ASYNC: there it would be a syntax error
        execute(connection, re.sub(r"\bINDEX ASYNC\b", "INDEX", statement).encode())
        return
    cursor = execute(connection, statement.encode())
    if cursor.description and cursor.description[0].name == "job_id":
        _wait_for(connection, cursor.fetchone(), statement)


def _wait_for(connection: Connection, job: tuple[Any, ...] | None, statement: str) -> None:
    """Waits for an asynchronous index; there is no job where the index is there already.

    https://docs.aws.amazon.com/aurora-dsql/latest/userguide/working-with-create-index-async.html
    """
    if job is None:
        return
    cursor = execute(connection, "CALL sys.wait_for_job(%s)", job)
    outcome = cursor.fetchone() if cursor.description else None
    if outcome and outcome[0] is False:
        raise IndexBuildFailed(f"Aurora DSQL could not build the index: {statement}")


def execute(
    connection: Connection,
    statement: LiteralString | bytes | sql.Composed,
    parameters: Sequence[object] | None = None,
) -> Cursor[Any]:
    """Runs one statement in a transaction of its own, and again after a conflict: on DSQL, a
    change of the schema makes other sessions' and its own next statement fail with 40001.
    """
    for attempt in range(_ATTEMPTS - 1):
        try:
            return connection.execute(statement, parameters)
        except SerializationFailure:
            time.sleep(random.uniform(0, _BACKOFF_SECONDS * 2**attempt))
    return connection.execute(statement, parameters)
