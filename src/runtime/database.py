"""Aurora DSQL, and any PostgreSQL that stands in for it."""

import random
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import botocore
import psycopg
from psycopg import Connection

from runtime import aws
from runtime.errors import Unavailable
from runtime.logs import logger
from runtime.settings import Settings

# DSQL closes a connection after an hour.
# https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html
_MAX_AGE_SECONDS = 50 * 60
# A peer that fell silent is given up within a function's own time.
# https://www.postgresql.org/docs/16/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_NETWORK: Final[dict[str, Any]] = {
    "connect_timeout": 3,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 4000,
}
_ATTEMPTS = 6
_BACKOFF_SECONDS = 0.01


class Database:
    """Transactions over one connection that outlives invocations."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._opened_at = 0.0

    def transaction[Result](self, work: Callable[[Connection], Result]) -> Result:
        """Runs the work in one transaction at repeatable read, and again after a conflict
        (SQLSTATE 40001) or on a new connection where the old one broke.

        The work may therefore run more than once, even after a commit whose answer was lost: it
        must find what it did before. Raises Unavailable when it still does not succeed.
        """
        reconnected = False
        for attempt in range(_ATTEMPTS):
            try:
                connection = self._usable_connection()
                with connection.transaction():
                    return work(connection)
            except psycopg.errors.SerializationFailure:
                time.sleep(random.uniform(0, _BACKOFF_SECONDS * 2**attempt))
            except psycopg.OperationalError as error:
                logger.warning("database error", extra={"sqlstate": error.sqlstate})
                if self._connection is None or reconnected:
                    self.close()
                    raise Unavailable("the database did not answer") from error
                self.close()
                reconnected = True
        raise Unavailable("the transaction kept conflicting with others")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _usable_connection(self) -> Connection:
        if self._connection is None or self._connection.closed or self._is_old():
            self.close()
            self._connection = self._connect()
            self._opened_at = time.monotonic()
        return self._connection

    def _is_old(self) -> bool:
        return time.monotonic() - self._opened_at > _MAX_AGE_SECONDS


class DatabaseSettings(Settings):
    """Either a DSQL cluster's endpoint or a PostgreSQL URL."""

    dsql_endpoint: str | None = None
    dsql_role: str = "application"
    aws_region: str = "us-east-1"
    database_url: str | None = None


@cache
def database() -> Database:
    """This function's database."""
    return Database(connect)


def connect() -> Connection:
    """A new autocommit connection to the database that the environment names."""
    settings = DatabaseSettings.from_environment()
    if settings.database_url:
        return psycopg.connect(
            settings.database_url,
            autocommit=True,
            **_NETWORK,
            # The only isolation that DSQL has; any other would hide conflicts that happen there.
            options=r"-c default_transaction_isolation=repeatable\ read",
        )
    if settings.dsql_endpoint:
        return _connect_to_dsql(settings.dsql_endpoint, settings.dsql_role, settings.aws_region)
    raise ValueError("set DSQL_ENDPOINT or DATABASE_URL: neither names a database")


def _connect_to_dsql(endpoint: str, role: str, region: str) -> Connection:
    """The password is a token that IAM grants for this role.

    https://docs.aws.amazon.com/aurora-dsql/latest/userguide/SECTION_authentication-token.html
    """
    if role == "admin":
        token = aws.dsql().generate_db_connect_admin_auth_token(Hostname=endpoint, Region=region)
    else:
        token = aws.dsql().generate_db_connect_auth_token(Hostname=endpoint, Region=region)
    return psycopg.connect(
        host=endpoint,
        user=role,
        password=token,
        dbname="postgres",
        sslmode="verify-full",
        # psycopg's own OpenSSL does not find the trust store of Lambda's Amazon Linux.
        sslrootcert=str(Path(botocore.__file__).with_name("cacert.pem")),
        autocommit=True,
        **_NETWORK,
    )
