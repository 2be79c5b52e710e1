"""Applies numbered SQL files in order, each once.

Aurora DSQL takes one DDL statement per transaction, so a file can be applied in part: every
statement must be idempotent (IF NOT EXISTS), and a file is recorded after its last statement.
"""

import hashlib
import re
from pathlib import Path

from psycopg import Connection

FOLDER = Path(__file__).with_name("sql")

_RECORD = """
CREATE TABLE IF NOT EXISTS schema_migrations (
  name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)
"""


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
    connection.execute(_RECORD)
    applied: dict[str, str] = dict(
        connection.execute("SELECT name, sha256 FROM schema_migrations").fetchall()
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
        connection.execute(
            "INSERT INTO schema_migrations (name, sha256) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (name, hashes[name]),
        )
    return missing


def _statements(sql: str) -> list[str]:
    # A semicolon at the end of a line ends a statement; our files hold no functions.
    return [s for s in (part.strip() for part in re.split(r";[ \t]*(?:\n|\Z)", sql)) if s]


def _apply(connection: Connection, statement: str, *, dsql: bool) -> None:
    if not dsql:  # PostgreSQL has no ASYNC: there it would be a syntax error
        connection.execute(re.sub(r"\bINDEX ASYNC\b", "INDEX", statement).encode())
        return
    cursor = connection.execute(statement.encode())
    if cursor.description and cursor.description[0].name == "job_id":
        job = cursor.fetchone()
        connection.execute("CALL sys.wait_for_job(%s)", job)
