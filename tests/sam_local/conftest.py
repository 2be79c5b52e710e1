"""Stacks whose functions `sam local` runs in containers. `make test-sam-local` runs these tests."""

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3
from filelock import FileLock

from local import sam_local
from local.cloud import Cloud
from local.servers import ports
from local.variants import VARIANTS
from operations.place import Place
from operations.stack import find
from tests.conftest import deployed
from tests.eventually import eventually
from tests.outcomes import STACKS, first


@pytest.fixture(scope="session", autouse=True)
def _open_to_containers(cloud: Cloud) -> None:
    if cloud.containers is None:
        pytest.skip("the cloud is closed to containers, open in make test-sam-local alone")


@pytest.fixture(scope="session", params=STACKS)
def template(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of SAM, with a folder of its own for the lock under which it builds an image: it waits up to
    five minutes for another that has been killed there.
    """
    return sam_local.environment() | {"TMPDIR": str(tmp_path_factory.mktemp("sam"))}


def prepare(cloud: Cloud, template: str) -> None:
    """Deploys the template's stack, and makes of the sample events those that others rely on."""
    done = cloud.folder / f"prepared-{template}"
    with FileLock(done.with_suffix(".lock")):
        if done.exists():
            return
        deployed(cloud, STACKS[template])
        stack = find(Place.local(cloud), STACKS[template])
        assert stack is not None
        for sample in first():
            if sample.template == template:
                cloud.client("lambda").invoke(
                    FunctionName=stack.resources[sample.function].id,
                    Payload=sample.path.read_bytes(),
                )
        done.touch()


@contextmanager
def served(
    cloud: Cloud, template: str, command: str, environment: Mapping[str, str]
) -> Iterator[str]:
    """The address at which `sam local start-...` serves the template's functions."""
    log = cloud.folder / f"{command}-{template}.log"
    variant = VARIANTS[STACKS[template]]
    with ports.claim(3100) as port, log.open("wb") as output:
        process = subprocess.Popen(
            sam_local.command(cloud, variant, command, "--port", str(port)),
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            eventually(lambda: _is_serving(process, log), f"sam local {command}", seconds=60)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)  # SIGINT it would ignore
            process.wait(60)


def _is_serving(process: subprocess.Popen[bytes], log: Path) -> bool:
    said = log.read_text(errors="replace")
    assert process.poll() is None, said
    return "Running on" in said


@pytest.fixture(scope="session")
def http() -> urllib3.PoolManager:
    return urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(120))
