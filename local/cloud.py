"""The local cloud: LocalStack and PostgreSQL side by side, a fresh world at every start."""

import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import boto3
import botocore.session
from botocore.config import Config

from local.containers import HOST, Access
from local.paths import STATE
from local.servers import ports
from local.servers.localstack import ACCESS_KEY, REGION, SECRET_KEY, LocalStack
from local.servers.postgres import Postgres

_GATEWAY_PORT = 4566
_DATABASE_PORT = 5432
_DESCRIPTION = "cloud.json"
_LOGS = STATE / "logs"
_session_lock = threading.Lock()  # making clients of one session is not thread-safe


@dataclass(frozen=True)
class Cloud:
    """A running local cloud."""

    endpoint: str
    """Of all AWS services, such as "http://127.0.0.1:4566"."""
    folder: Path
    """State of this run: logs, data, `cloud.json`."""
    pid: int
    """Of the program that owns the cloud and ends it."""
    localstack: LocalStack
    postgres: Postgres
    containers: Access | None = None
    """How they reach it; None when it is closed to them."""

    def client(self, service: str, *, config: Config | None = None) -> Any:
        """A boto3 client for the local cloud, blind to the user's own AWS profile."""
        make: Any = _session().client  # its overloads know the services only by literal names
        with _session_lock:
            return make(service, endpoint_url=self.endpoint, config=config)

    def create_database(self, name: str) -> str:
        """URL of the database with this name, which is made if missing."""
        return self.postgres.create_database(name)

    def check(self) -> None:
        """Raise ServerCrashed when LocalStack or PostgreSQL ended by itself."""
        self.localstack.check()
        self.postgres.check()

    def as_containers_see(self, text: str) -> str:
        """The text with the cloud's addresses, if it has any, as they are in containers."""
        assert self.containers is not None
        login = f"postgres:{self.containers.password}"
        return text.replace(
            f"postgres@127.0.0.1:{self.postgres.port}", f"{login}@{HOST}:{self.postgres.port}"
        ).replace(self.endpoint, self.endpoint.replace("127.0.0.1", HOST))

    @classmethod
    def at(
        cls,
        folder: Path,
        *,
        port: int,
        database_port: int,
        pid: int,
        containers: Mapping[str, str] | None = None,
    ) -> Self:
        access = Access(**containers) if containers else None
        bridge, password = (access.bridge, access.password) if access else ("", "")
        localstack = LocalStack(folder, port, bridge)
        postgres = Postgres(folder, database_port, bridge, password)
        return cls(localstack.endpoint, folder, pid, localstack, postgres, access)


@contextmanager
def running(containers: Access | None = None) -> Iterator[Cloud]:
    """A fresh local cloud, stopped at the end of the block whatever happens.

    Takes ports 4566 and 5432, or the next free ones. Should this process be killed, both servers
    and all function processes end by themselves. Containers reach it only when `containers` says
    how.
    """
    with ExitStack() as stack:
        port = stack.enter_context(ports.claim(_GATEWAY_PORT))
        database_port = stack.enter_context(ports.claim(_DATABASE_PORT))
        _remove_dead()
        folder = STATE / f"cloud-{port}"
        _remove(folder)
        folder.mkdir()
        stack.callback(_remove, folder)
        cloud = Cloud.at(
            folder,
            port=port,
            database_port=database_port,
            pid=os.getpid(),
            containers=asdict(containers) if containers else None,
        )
        stack.callback(cloud.postgres.stop)
        stack.callback(cloud.localstack.stop)
        stack.enter_context(_logs_kept(cloud))
        # Nobody shall find a cloud that is being stopped.
        stack.callback((folder / _DESCRIPTION).unlink, missing_ok=True)
        with ThreadPoolExecutor(max_workers=1) as pool:
            database = pool.submit(cloud.postgres.start)
            cloud.localstack.start()
            database.result()
        cloud.check()
        _describe(cloud, port)
        yield cloud


def find_running() -> Iterator[Cloud]:
    """The living clouds, the last started first. Any of them may stop at any time."""
    for description in sorted(STATE.glob(f"cloud-*/{_DESCRIPTION}"), key=_changed_at, reverse=True):
        with ports.try_claim(_port(description.parent)) as is_dead:
            if not is_dead:
                with suppress(FileNotFoundError):
                    yield load(description.parent)


def load(folder: Path) -> Cloud:
    """The running cloud whose state is in the folder."""
    return Cloud.at(folder, **json.loads((folder / _DESCRIPTION).read_text()))


@contextmanager
def _logs_kept(cloud: Cloud) -> Iterator[None]:
    """When something fails the logs stay, although the cloud's folder goes.

    A crash of the cloud is told instead of what it has led to.
    """
    try:
        try:
            yield
        except Exception:
            cloud.check()
            raise
    except Exception as error:
        _LOGS.mkdir(parents=True, exist_ok=True)
        for log in cloud.folder.glob("*.log"):
            shutil.copy(log, _LOGS)
        error.add_note(f"The logs are in {_LOGS}.")
        raise


def _describe(cloud: Cloud, port: int) -> None:
    description = {
        "port": port,
        "database_port": cloud.postgres.port,
        "pid": cloud.pid,
        "containers": asdict(cloud.containers) if cloud.containers else None,
    }
    unfinished = cloud.folder / f"{_DESCRIPTION}.unfinished"
    unfinished.touch(0o600)  # it may hold a password
    unfinished.write_text(json.dumps(description))
    unfinished.rename(cloud.folder / _DESCRIPTION)


def _remove_dead() -> None:
    """Delete the folders of clouds whose owner was killed before it could."""
    for folder in STATE.glob("cloud-*"):
        with ports.try_claim(_port(folder)) as is_dead:
            if is_dead:
                _remove(folder)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _port(folder: Path) -> int:
    return int(folder.name.removeprefix("cloud-"))


def _remove(folder: Path) -> None:
    Postgres(folder, _DATABASE_PORT).remove()
    shutil.rmtree(folder, ignore_errors=True)


@cache
def _session() -> boto3.Session:
    """A session that reads no profile, configuration or credentials of the user."""
    nothing = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return boto3.Session(
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name=REGION,
        botocore_session=botocore.session.Session(session_vars=nothing),
    )
