"""One local cloud for all tests that need it, shared by all workers.

The process that was called starts it (a worker may end before the others); the workers find it by
its folder. Runs of tests/unit and tests/templates alone start nothing.
"""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from filelock import FileLock

from local import cloud as local_cloud
from local.cloud import Cloud
from local.issuer import Issuer, local_issuer
from local.stack import Stack, deploy
from local.variants import VARIANTS

ALLOWED_ORIGIN = "https://portal.example"
_FOLDER = "TEST_CLOUD_FOLDER"
_WITHOUT_CLOUD = [Path(__file__).parent / name for name in ("unit", "templates")]
_cloud = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or config.option.collectonly or not _needs_cloud(config):
        return
    os.environ[_FOLDER] = str(_cloud.enter_context(local_cloud.running()).folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _cloud.close()


def _needs_cloud(config: pytest.Config) -> bool:
    paths = [Path(argument.split("::")[0]).resolve() for argument in config.args]
    return not all(any(path.is_relative_to(folder) for folder in _WITHOUT_CLOUD) for path in paths)


@pytest.fixture(scope="session")
def cloud() -> Cloud:
    return local_cloud.load(Path(os.environ[_FOLDER]))


@pytest.fixture(scope="session")
def issuer(cloud: Cloud) -> Issuer:
    return local_issuer(cloud)


def deployed(cloud: Cloud, name: str) -> Stack:
    """The variant of this name, deployed as it is but for shorter times."""
    with FileLock(cloud.folder / f"{name}.lock"):
        parameters = {"RetryDelaySeconds": "0", "AllowedOrigins": ALLOWED_ORIGIN}
        return deploy(cloud, VARIANTS[name], parameters=parameters)


@pytest.fixture(scope="session", params=VARIANTS)
def stack(cloud: Cloud, request: pytest.FixtureRequest) -> Stack:
    """Each variant in turn.

    A test of some variants alone names them: `parametrize("stack", ["decouple"], indirect=True)`.
    """
    return deployed(cloud, request.param)
