"""What the migrations do on Aurora DSQL only, where no PostgreSQL can stand in."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest
from psycopg import sql
from psycopg.errors import SerializationFailure

from migrations.roles import grant_application_role
from migrations.runner import IndexBuildFailed, migrate

ROLES = ("arn:aws:iam::000000000000:role/api", "arn:aws:iam::000000000000:role/relay")


class Recorded:
    """Records the statements; answers each with the rows that are prepared for its beginning."""

    def __init__(self, **answers: list[tuple[Any, ...]]) -> None:
        self.answers = answers
        self.statements: list[str] = []
        self.description: list[Any] | None = None
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, statement: Any, parameters: Any = ()) -> Self:
        text = statement.as_string() if isinstance(statement, sql.Composable) else statement
        text = text.decode() if isinstance(text, bytes) else text
        self.statements.append(text.replace("%s", "{}").format(*(parameters or ())))
        self._rows = next((rows for key, rows in self.answers.items() if key in text), [])
        is_job = "ASYNC" in text
        self.description = [SimpleNamespace(name="job_id")] if is_job else None
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows[0] if self._rows else None

    def __iter__(self) -> Any:
        return iter(self._rows)

    def beginning(self, start: str) -> list[str]:
        return [s for s in self.statements if s.startswith(start)]


def grant(connection: Recorded) -> Recorded:
    grant_application_role(connection, ROLES)  # type: ignore[arg-type]
    return connection


def test_a_new_cluster_gets_the_role_its_rights_and_those_who_may_take_it() -> None:
    connection = grant(Recorded())

    assert connection.beginning("CREATE ROLE") == ['CREATE ROLE "application" WITH LOGIN']
    assert connection.beginning("GRANT") == [
        'GRANT USAGE ON SCHEMA public TO "application"',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "application"',
    ]
    assert connection.beginning("AWS IAM GRANT") == [
        f"AWS IAM GRANT \"application\" TO '{arn}'" for arn in ROLES
    ]


def test_what_is_granted_already_stays() -> None:
    connection = grant(Recorded(pg_roles=[(1,)], iam_pg_role_mappings=[(ROLES[0],)]))

    assert not connection.beginning("CREATE ROLE")
    assert connection.beginning("AWS IAM GRANT") == [
        f"AWS IAM GRANT \"application\" TO '{ROLES[1]}'"
    ]


def test_a_migration_waits_for_indexes_that_are_built_in_the_background(tmp_path: Path) -> None:
    (tmp_path / "0001_t.sql").write_text(
        "CREATE TABLE t (a int);\nCREATE INDEX ASYNC IF NOT EXISTS i ON t (a);\n"
    )
    connection = Recorded(ASYNC=[("job-1",)])

    assert migrate(connection, dsql=True, folder=tmp_path) == ["0001_t.sql"]  # type: ignore[arg-type]
    assert connection.statements[2:5] == [
        "CREATE TABLE t (a int)",
        "CREATE INDEX ASYNC IF NOT EXISTS i ON t (a)",
        "CALL sys.wait_for_job(job-1)",
    ]
    assert connection.statements[5].startswith("INSERT INTO schema_migrations")


def test_a_migration_that_fails_is_not_recorded(tmp_path: Path) -> None:
    (tmp_path / "0001_t.sql").write_text("CREATE TABLE t (a int);\n")

    class Failing(Recorded):
        def execute(self, statement: Any, parameters: Any = ()) -> Self:
            if b"CREATE TABLE t" in (statement if isinstance(statement, bytes) else b""):
                raise ConnectionError
            return super().execute(statement, parameters)

    connection = Failing()
    with pytest.raises(ConnectionError):
        migrate(connection, dsql=True, folder=tmp_path)  # type: ignore[arg-type]
    assert not connection.beginning("INSERT")


def test_every_statement_is_repeated_after_a_conflict(tmp_path: Path) -> None:
    (tmp_path / "0001_t.sql").write_text(
        "CREATE TABLE t (a int);\nCREATE INDEX ASYNC IF NOT EXISTS i ON t (a);\n"
    )

    class Conflicting(Recorded):
        """Answers each statement with 40001 (OC001) once."""

        def execute(self, statement: Any, parameters: Any = None) -> Self:
            before = len(self.statements)
            super().execute(statement, parameters)
            if self.statements[-1] not in self.statements[:before]:
                raise SerializationFailure("schema has been updated by another transaction (OC001)")
            return self

    connection = Conflicting(ASYNC=[("job-1",)])

    assert migrate(connection, dsql=True, folder=tmp_path) == ["0001_t.sql"]  # type: ignore[arg-type]
    grant(connection)
    assert all(connection.statements.count(s) == 2 for s in connection.statements)


def test_an_index_that_could_not_be_built_fails_its_file(tmp_path: Path) -> None:
    (tmp_path / "0001_i.sql").write_text("CREATE INDEX ASYNC IF NOT EXISTS i ON t (a);\n")

    class Waiting(Recorded):
        def execute(self, statement: Any, parameters: Any = None) -> Self:
            super().execute(statement, parameters)
            if "wait_for_job" in self.statements[-1]:
                self.description = [SimpleNamespace(name="succeeded")]
            return self

    connection = Waiting(ASYNC=[("job-1",)], wait_for_job=[(False,)])

    with pytest.raises(IndexBuildFailed, match="CREATE INDEX ASYNC"):
        migrate(connection, dsql=True, folder=tmp_path)  # type: ignore[arg-type]
    assert not connection.beginning("INSERT")
