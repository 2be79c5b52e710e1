"""A PostgreSQL server per test process, a database per module, and the SQL that they were sent;
DynamoDB's tables.
"""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3
import psycopg
import pytest
from botocore.config import Config
from psycopg.conninfo import make_conninfo

from local.cloud import Cloud
from local.paths import STATE
from local.servers import ports
from local.servers.localstack import ACCESS_KEY, REGION, SECRET_KEY
from local.servers.postgres import Postgres
from local.variants import VARIANTS
from migrations.runner import migrate
from runtime import aws
from runtime.database import database
from runtime.logs import logger
from tests.dsql import PRODUCT, check_sent_sql
from tests.templates.cloudformation import read

_TABLE = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """This test process's own server, which a test may stop and start again.

    At the end, all SQL that the code under test has sent to it must be SQL that DSQL takes.
    """
    with ports.claim(5500) as port:
        folder = STATE / f"test-postgres-{port}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        server = Postgres(folder, port)
        server.start()
        try:
            with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
                # %a tells the SQL of the code under test from that of the tests.
                connection.execute("ALTER SYSTEM SET log_line_prefix = '[%a] '")
                connection.execute("SELECT pg_reload_conf()")
            yield server
            check_sent_sql(server.log)
        finally:
            server.remove()
            shutil.rmtree(folder)


@dataclass
class TestDatabase:
    """A database and connections to it."""

    __test__ = False

    url: str
    """For the code under test, whose SQL is checked."""
    _connections: list[psycopg.Connection] = field(default_factory=list)

    def connect(self, who: str = "test") -> psycopg.Connection:
        """A connection that is closed at the test's end; what PRODUCT sends over it is checked."""
        url = make_conninfo(self.url, application_name=who)
        connection = psycopg.connect(url, autocommit=True)
        self._connections.append(connection)
        return connection

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.connect().execute(query.encode(), parameters).fetchall()

    def close(self) -> None:
        while self._connections:
            self._connections.pop().close()


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[TestDatabase]:
    url = postgres.create_database(f"test_{uuid4().hex}")
    database = TestDatabase(make_conninfo(url, application_name=PRODUCT))
    yield database
    database.close()


@pytest.fixture(scope="module")
def _migrated(postgres: Postgres) -> str:
    url = postgres.create_database(f"test_{uuid4().hex}")
    with psycopg.connect(
        make_conninfo(url, application_name=PRODUCT), autocommit=True
    ) as connection:
        migrate(connection, dsql=False)
    return make_conninfo(url, application_name=PRODUCT)


@pytest.fixture
def db(_migrated: str) -> Iterator[TestDatabase]:
    """The module's database, migrated and empty; the environment names it to the functions."""
    test_database = TestDatabase(_migrated)
    connection = test_database.connect()
    for (table,) in connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename <> 'schema_migrations'"
    ).fetchall():
        connection.execute(f"DELETE FROM {table}".encode())
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", _migrated)
        environment.delenv("DSQL_ENDPOINT", raising=False)
        database.cache_clear()
        yield test_database
        database().close()
        database.cache_clear()
    test_database.close()


@contextmanager
def dynamodb_table(cloud: Cloud, resource: str) -> Iterator[str]:
    """The name of a table like this one of the templates, empty."""
    resources = [read(path)["Resources"] for path in {v.template for v in VARIANTS.values()}]
    properties = next(each[resource] for each in resources if resource in each)["Properties"]
    definition = {name: properties[name] for name in _TABLE if name in properties}
    dynamodb, name = cloud.client("dynamodb"), f"{resource}-{uuid4()}"
    dynamodb.create_table(TableName=name, **definition)
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def aws_clients(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The functions' own AWS clients call the local cloud.

    Those that repeat a call wait longer for its answer, which a busy machine delays: a write that
    boto repeats meets itself, and that is no test's subject unless it says so.
    """
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(aws, "_CONFIG", aws._CONFIG.merge(Config(read_timeout=60)))
    clients = (aws.sqs, aws.sns, aws.events, aws.dynamodb)
    for client in clients:
        client.cache_clear()
    yield cloud
    for client in clients:
        if client.cache_info().currsize:
            client().close()
        client.cache_clear()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """All that the functions log."""
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    logger.set_correlation_id(None)  # whatever another test's function has left
    return stream
