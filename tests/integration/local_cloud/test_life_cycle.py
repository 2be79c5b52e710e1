"""A cloud starts beside others, and nothing of it outlives its owner."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from local import cloud as local_cloud
from local.cloud import Cloud
from local.commands import running_issuer
from local.paths import ROOT, STATE
from local.servers import ports
from local.servers.localstack import LocalStack
from local.servers.process import ServerCrashed
from tests.eventually import eventually

OWNER = '''
import json, os, signal, sys
from local.cloud import running
from tests.integration.local_cloud.conftest import ROLE, zipped

BUSY = """
import os, pathlib, subprocess
def handler(event, context):
    subprocess.Popen(["sleep", "600"])
    pathlib.Path(event).touch()
    while True: pass
"""

with running() as cloud:
    functions = cloud.client("lambda")
    functions.create_function(
        FunctionName="busy", Runtime="python3.13", Role=ROLE, Handler="app.handler", Timeout=600,
        Code={"ZipFile": zipped({"app.py": BUSY})},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="busy")
    functions.invoke(
        FunctionName="busy", InvocationType="Event", Payload=json.dumps(sys.argv[1]).encode()
    )
    print(cloud.folder, flush=True)
    signal.pause()
'''


@contextmanager
def owner(marker: Path) -> Iterator[tuple[psutil.Process, Path]]:
    """A program that owns a cloud, once a function is busy in it; and the cloud's folder."""
    started = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(marker)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert started.stdout is not None
        folder = Path(started.stdout.readline().strip())
        eventually(marker.exists, "the busy function")
        yield psutil.Process(started.pid), folder
    finally:
        started.kill()
        started.communicate()


def whole_family(process: psutil.Process) -> list[psutil.Process] | None:
    """All descendants, once there is one of each kind."""
    try:
        family = process.children(recursive=True)
        commands = [" ".join(member.cmdline()) for member in family]
    except psutil.NoSuchProcess:  # one ended while it was looked at
        return None
    kinds = ("localstack.runtime.main", "/postgres ", "function_process.py", "sleep 600")
    return family if all(any(kind in each for each in commands) for kind in kinds) else None


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_the_owner_ends_no_process_is_left(how: signal.Signals, tmp_path: Path) -> None:
    with owner(tmp_path / "busy") as (process, folder):
        family = eventually(lambda: whole_family(process), "all kinds of processes")

        process.send_signal(how)

        eventually(
            lambda: not any(member.is_running() for member in family),
            "the end of all processes",
            20,
        )
        if how is signal.SIGINT:
            eventually(lambda: not folder.exists(), "the end of the folder")


def test_a_second_cloud_runs_beside_the_first_and_clears_away_dead_ones(cloud: Cloud) -> None:
    dead = STATE / "cloud-65535"
    (dead / "postgres").mkdir(parents=True)

    with local_cloud.running() as second:
        assert second.endpoint != cloud.endpoint
        assert second.folder != cloud.folder
        assert second.postgres.port != cloud.postgres.port
        assert not dead.exists()
        running = [each.endpoint for each in local_cloud.find_running()]
        assert running.index(second.endpoint) < running.index(cloud.endpoint)
        assert json.loads((second.folder / "cloud.json").read_text())["pid"] == os.getpid()
        buckets = (each.client("s3") for each in (cloud, second))
        for name, s3 in zip(("one", "two"), buckets, strict=True):
            s3.create_bucket(Bucket=f"test-beside-{name}")
        names = {bucket["Name"] for bucket in second.client("s3").list_buckets()["Buckets"]}
        assert "test-beside-two" in names
        assert "test-beside-one" not in names
        with psycopg.connect(second.create_database("mine")) as connection:
            assert connection.info.port == second.postgres.port

    assert not second.folder.exists()
    assert cloud.folder.exists()


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("stack", ["decouple"], indirect=True)
def test_a_cloud_that_is_just_stopping_is_passed_over() -> None:
    with ports.claim(4700) as port:
        stopping = STATE / f"cloud-{port}"
        stopping.mkdir()
        description = {"port": port, "database_port": port + 1, "pid": os.getpid()}
        (stopping / "cloud.json").write_text(json.dumps(description))
        try:
            issuer = running_issuer()
        finally:
            shutil.rmtree(stopping)

    assert f":{port}" not in issuer.url


def test_a_crash_while_booting_shows_the_end_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho first words\necho boom >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr("local.servers.localstack.LOCALSTACK_PYTHON", broken)

    with pytest.raises(ServerCrashed) as crash:
        LocalStack(tmp_path, 4999).start()

    message = str(crash.value)
    assert message.startswith("LocalStack ended with status 3.")
    assert message.endswith("    first words\n    boom")


def test_a_client_does_not_read_the_users_aws_settings(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_PROFILE": "no-such-profile",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "mine",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    local_cloud._session.cache_clear()

    client = cloud.client("sts")

    assert client.meta.region_name == "us-east-1"
    assert client.get_caller_identity()["Account"] == "000000000000"
