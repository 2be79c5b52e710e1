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
_LONGEST_FIRST = ["test_readme.py", "test_faults_single.py", "test_faults_multiple.py"]
"""So that at the end no worker waits for another that has just begun one of these files."""
_READ_TIMEOUTS = ["CustomerTimeoutSeconds", "SalesTimeoutSeconds", "CommunicationTimeoutSeconds"]
_cloud = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    config.option.loadscopereorder = False  # xdist would begin with the files of most tests
    if hasattr(config, "workerinput") or config.option.collectonly or not _needs_cloud(config):
        return
    os.environ[_FOLDER] = str(_cloud.enter_context(local_cloud.running()).folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _cloud.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        name = item.path.name
        return _LONGEST_FIRST.index(name) if name in _LONGEST_FIRST else len(_LONGEST_FIRST)

    items.sort(key=place)


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
    """The variant of this name, deployed as it is but for some times and the origin."""
    parameters = {
        "RetryDelaySeconds": "0",
        "AllowedOrigins": ALLOWED_ORIGIN,
        # On a busy machine the first call, for which a function has to start, takes its time.
        **dict.fromkeys(_READ_TIMEOUTS, "8"),
    }
    with FileLock(cloud.folder / f"{name}.lock"):
        return deploy(cloud, VARIANTS[name], parameters=parameters)


@pytest.fixture(scope="session", params=VARIANTS)
def stack(cloud: Cloud, request: pytest.FixtureRequest) -> Stack:
    """Each variant in turn.

    A test of some variants alone names them: `parametrize("stack", ["decouple"], indirect=True)`.
    """
    return deployed(cloud, request.param)
