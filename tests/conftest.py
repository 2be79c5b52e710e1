"""One local cloud for all tests that need it, shared by all workers.

The process that was called starts it (a worker may end before the others); the workers find it by
its folder. Runs of tests/unit, tests/templates and tests/permissions start nothing, nor does one
whose stacks are given.
"""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from filelock import FileLock

from local import cloud as local_cloud
from local.cloud import Cloud
from local.containers import Access, access
from local.issuer import Issuer, local_issuer
from local.servers.process import CannotStart
from local.stack import Stack, deploy
from local.variants import VARIANTS
from operations.place import Place
from operations.stack import Stack as GivenStack
from tests import examples, given
from tests.permissions import recording

ALLOWED_ORIGIN = "https://portal.example"
_FOLDER = "TEST_CLOUD_FOLDER"
_WITHOUT_CLOUD = [Path(__file__).parent / name for name in ("unit", "templates", "permissions")]
_IN_CONTAINERS = Path(__file__).parent / "sam_local"
_LONGEST_FIRST = [
    "test_readme.py",
    "test_deploying.py",
    *(f"test_faults_{name}.py" for name in ("single", "multiple")),
    *(f"test_faults_{name}.py" for name in ("fifo", "sns", "one_event", "three_events")),
    "test_conformance.py",
    *(f"test_{name}.py" for name in ("pubsub_one_event", "decouple", "apigw_multiple")),
    "test_broken_rules.py",
]
"""So that at the end no worker waits for another that has just begun one of these files."""
_READ_TIMEOUTS = ["CustomerTimeoutSeconds", "SalesTimeoutSeconds", "CommunicationTimeoutSeconds"]
PARAMETERS = {
    "RetryDelaySeconds": "0",
    "AllowedOrigins": ALLOWED_ORIGIN,
    # On a busy machine the first call, for which a function has to start, takes its time.
    **dict.fromkeys(_READ_TIMEOUTS, "8"),
}
_SOURCES = pytest.StashKey[str]()
_cloud = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    examples.load_profile()
    config.option.loadscopereorder = False  # xdist would begin with the files of most tests
    if hasattr(config, "workerinput") or config.option.collectonly or not _needs_cloud(config):
        return
    if recording.is_of_whole_suite(config.args, config.option):
        config.stash[_SOURCES] = recording.sources()
    os.environ[_FOLDER] = str(_cloud.enter_context(local_cloud.running(_access(config))).folder)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == 0 and _SOURCES in session.config.stash:
        recording.keep(_running(), session.config.stash[_SOURCES])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _cloud.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if given.stacks():
        config.hook.pytest_deselected(items=[item for item in items if not _is_given(item)])
        items[:] = filter(_is_given, items)

    def place(item: pytest.Item) -> int:
        name = item.path.name
        return _LONGEST_FIRST.index(name) if name in _LONGEST_FIRST else len(_LONGEST_FIRST)

    items.sort(key=place)


def _is_given(item: pytest.Item) -> bool:
    """Whether the test is not one of a variant of which there is no stack."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters.get("stack") in (None, *given.stacks())


def _needs_cloud(config: pytest.Config) -> bool:
    if given.stacks():
        return False
    return not all(
        any(path.is_relative_to(folder) for folder in _WITHOUT_CLOUD) for path in _paths(config)
    )


def _access(config: pytest.Config) -> Access | None:
    """The cloud is open to containers when nothing but tests/sam_local is run."""
    if not all(path.is_relative_to(_IN_CONTAINERS) for path in _paths(config)):
        return None
    try:
        return access()
    except CannotStart as error:
        pytest.exit(f"tests/sam_local cannot run: {error}", returncode=1)


def _paths(config: pytest.Config) -> list[Path]:
    return [Path(argument.split("::")[0]).resolve() for argument in config.args]


def _running() -> Cloud:
    return local_cloud.load(Path(os.environ[_FOLDER]))


@pytest.fixture(scope="session")
def cloud() -> Cloud | Place:
    return given.place() if given.stacks() else _running()


@pytest.fixture(scope="session")
def issuer(cloud: Cloud) -> Issuer:
    return given.issuer() if given.stacks() else local_issuer(cloud)


def deployed(cloud: Cloud, name: str) -> Stack | GivenStack:
    """The variant of this name, deployed as it is but for some times and the origin."""
    if given.stacks():
        return given.stacks()[name]
    with FileLock(cloud.folder / f"{name}.lock"):
        return deploy(cloud, VARIANTS[name], parameters=PARAMETERS)


def variants() -> list[str]:
    """The names of those that are tested."""
    return list(given.stacks() or VARIANTS)


@pytest.fixture(scope="session", params=variants())
def stack(cloud: Cloud, request: pytest.FixtureRequest) -> Stack | GivenStack:
    """Each variant in turn.

    A test of some variants alone names them: `parametrize("stack", ["decouple"], indirect=True)`.
    """
    return deployed(cloud, request.param)
