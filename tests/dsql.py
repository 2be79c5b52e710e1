"""Tells whether Aurora DSQL takes SQL: `dsql-lint`, and patterns that it passes over.

https://docs.aws.amazon.com/aurora-dsql/latest/userguide/working-with-postgresql-compatibility.html
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

PRODUCT = "product"
"""The application_name under which the code under test connects in tests."""

_LINT = Path(sys.executable).with_name("dsql-lint")
_REFUSED = {
    "locks rows for others": r"\bFOR\s+(NO\s+KEY\s+UPDATE|SHARE|KEY\s+SHARE)\b",
    "skips or refuses locked rows": r"\b(SKIP\s+LOCKED|NOWAIT)\b",
    "locks tables": r"^\s*LOCK\b",
    "uses advisory locks": r"\bpg_(try_)?advisory_",
    "nests transactions": r"^\s*(SAVEPOINT|RELEASE|ROLLBACK\s+TO)\b",
    "truncates": r"^\s*TRUNCATE\b",
    "has a trigger": r"\bTRIGGER\b",
    "has a function": r"\bCREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b|^\s*DO\b",
    "has an enum": r"\bAS\s+ENUM\b",
    "has a serial column": r"\b(SMALL|BIG)?SERIAL\b",
    "has an array column": r"^\s*CREATE\s+TABLE\b[^;]*\[\]",
    "has a temporary table": r"\b(TEMP|TEMPORARY)\s+TABLE\b",
    "changes the isolation": r"\bISOLATION\s+LEVEL\s+(SERIALIZABLE|READ)\b",
    "listens": r"^\s*(LISTEN|NOTIFY)\b",
    "copies": r"^\s*COPY\b",
    "vacuums": r"^\s*VACUUM\b",
}
_LOGGED = re.compile(r"^\[(?P<who>[^]]*)\] LOG:  (?:statement|execute [^:]*): (?P<sql>.*)$")


def refusals(statements: Iterable[str]) -> list[str]:
    """Why DSQL would refuse any of these statements."""
    statements = list(statements)
    found = [
        f"{reason}: {statement}"
        for statement in statements
        for reason, pattern in _REFUSED.items()
        if re.search(pattern, statement, re.IGNORECASE)
    ]
    return found + _lint("\n".join(f"{statement};" for statement in statements))


def check_sent_sql(log: Path) -> None:
    """Raises AssertionError where the code under test has sent SQL that DSQL refuses."""
    statements = sent_sql(log)
    assert statements, f"{log} names no statement of {PRODUCT}: has the log's format changed?"
    found = refusals(statements)
    assert not found, "\n".join(found)


def sent_sql(log: Path) -> list[str]:
    """The different statements in a PostgreSQL log (log_statement=all) that PRODUCT has sent."""
    statements: list[str] = []
    is_continued = False
    for line in log.read_text().splitlines():
        if line.startswith("\t") and is_continued:
            statements[-1] += "\n" + line[1:]
            continue
        logged = _LOGGED.match(line)
        is_continued = logged is not None and logged["who"] == PRODUCT
        if logged and is_continued:
            statements.append(logged["sql"])
    # The migrations' runner drops DSQL's keyword where PostgreSQL stands in.
    return list(
        dict.fromkeys(re.sub(r"\bCREATE INDEX\b", "CREATE INDEX ASYNC", s) for s in statements)
    )


def _lint(sql: str) -> list[str]:
    answer = subprocess.run(
        [_LINT, "--format", "json", "-"], input=sql, capture_output=True, text=True
    )
    (file,) = json.loads(answer.stdout)["files"]
    return [
        f"{found['message']}: {found['statement_preview']}" for found in file["diagnostics"]
    ] + ([file["error"]] if file["error"] else [])
