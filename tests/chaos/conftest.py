"""The failure matrix: see docs/failures.md."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from local.cloud import Cloud
from local.issuer import Issuer
from tests.chaos.faults import faults
from tests.chaos.world import World, broken_world

WHOLE = os.environ.get("CHAOS") == "whole"
_QUICK = ("broken_rules", "decouple", "apigw_multiple", "pubsub_one_event")
collect_ignore = (
    []
    if WHOLE
    else [
        file.name
        for file in Path(__file__).parent.glob("test_*.py")
        if file.stem.removeprefix("test_") not in _QUICK
    ]
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A cell for each fault of the file's variant; without `make chaos` a few for a variant of each
    pattern.
    """
    if "fault" in metafunc.fixturenames:
        variant = metafunc.module.VARIANT
        chosen = [fault for fault in faults(variant).values() if WHOLE or fault.is_quick]
        ids = [f"{variant}-{fault.name}" for fault in chosen]
        metafunc.parametrize("fault", chosen, ids=ids)


@pytest.fixture(scope="session")
def http() -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=70, retries=False, timeout=urllib3.Timeout(30))


@pytest.fixture(scope="module")
def world(
    cloud: Cloud, issuer: Issuer, http: urllib3.PoolManager, request: pytest.FixtureRequest
) -> Iterator[World]:
    name = request.path.stem.removeprefix("test_").replace("_", "-")
    with broken_world(cloud, request.module.VARIANT, issuer, http, name=f"chaos-{name}") as world:
        yield world
