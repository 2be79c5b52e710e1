"""Which database a function connects to, and how."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from runtime import aws
from runtime.database import connect

ENDPOINT = "abc.dsql.us-east-1.on.aws"


@pytest.fixture
def connections(environment: pytest.MonkeyPatch) -> Iterator[list[tuple[Any, ...]]]:
    """What psycopg was asked for; nothing is connected."""
    asked: list[tuple[Any, ...]] = []
    environment.setattr(psycopg, "connect", lambda *args, **options: asked.append((args, options)))
    environment.setenv("AWS_ACCESS_KEY_ID", "test")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
    environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
    aws.dsql.cache_clear()
    yield asked
    aws.dsql.cache_clear()


def test_a_local_database_is_named_by_its_url(
    environment: pytest.MonkeyPatch, connections: list[tuple[Any, ...]]
) -> None:
    environment.setenv("DATABASE_URL", "postgresql://localhost/x")
    environment.setenv("DSQL_ENDPOINT", "")

    connect()

    ((url,), options) = connections[0]
    assert url == "postgresql://localhost/x"
    assert options["autocommit"]


def test_a_database_that_fell_silent_is_given_up_after_seven_seconds(
    environment: pytest.MonkeyPatch, connections: list[tuple[Any, ...]]
) -> None:
    """By the connection that is there, and by one new connection."""
    environment.setenv("DATABASE_URL", "postgresql://localhost/x")

    connect()

    _, options = connections[0]
    silent = (
        options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"]
    )
    assert max(silent, options["tcp_user_timeout"] / 1000) + options["connect_timeout"] <= 7


@pytest.mark.parametrize(
    ("role", "action"),
    [(None, "Action=DbConnect&"), ("admin", "Action=DbConnectAdmin&")],
)
def test_a_cluster_is_reached_over_verified_tls_with_a_token_for_the_role(
    environment: pytest.MonkeyPatch,
    connections: list[tuple[Any, ...]],
    role: str | None,
    action: str,
) -> None:
    environment.setenv("DATABASE_URL", "")
    environment.setenv("DSQL_ENDPOINT", ENDPOINT)
    if role:
        environment.setenv("DSQL_ROLE", role)

    connect()

    _, options = connections[0]
    assert (options["host"], options["user"]) == (ENDPOINT, role or "application")
    assert options["password"].startswith(ENDPOINT)
    assert action in options["password"]
    assert options["sslmode"] == "verify-full"
    assert Path(options["sslrootcert"]).exists()


def test_without_a_database_the_error_says_what_to_set(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="set DSQL_ENDPOINT or DATABASE_URL"):
        connect()
