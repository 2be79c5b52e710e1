"""What `make invoke` calls, with what, and where."""

from pathlib import Path
from typing import cast

import pytest

from local import containers
from local.cloud import Cloud
from local.containers import Access
from local.paths import ROOT
from local.servers.process import CannotStart
from operations.errors import Failed
from operations.invoke import event_file, obstacle_to_containers
from operations.place import Place
from operations.stack import Resource, Stack

FUNCTION = "SalesConsumerFunction"
STACK = Stack(
    "decouple",
    cast(Place, None),
    "CREATE_COMPLETE",
    {},
    {},
    {
        FUNCTION: Resource("AWS::Lambda::Function", "decouple-sales"),
        "SalesQueue": Resource("AWS::SQS::Queue", "http://127.0.0.1/queue"),
    },
)


@pytest.fixture
def without_docker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def cloud(access: Access | None) -> Cloud:
    containers = {"bridge": access.bridge, "password": access.password} if access else None
    return Cloud.at(Path(), port=4566, database_port=5432, pid=1, containers=containers)


@pytest.mark.parametrize("name", ["SalesConsumer", FUNCTION])
def test_a_function_may_be_named_without_its_suffix(name: str) -> None:
    assert STACK.function(name) == FUNCTION


def test_the_stacks_functions_are_told_when_it_has_no_such() -> None:
    with pytest.raises(Failed, match=f"decouple has no SalesFunction, but {FUNCTION}$"):
        STACK.function("Sales")


def test_an_event_is_a_file_or_the_name_of_a_sample(tmp_path: Path) -> None:
    file = tmp_path / "event"
    file.touch()

    assert event_file(FUNCTION, str(file)) == file
    assert event_file(FUNCTION, "paid-premium") == (
        ROOT / "events" / FUNCTION / "paid-premium.json"
    )
    with pytest.raises(Failed, match=r"there is no event pay; samples of .*: paid-premium, "):
        event_file(FUNCTION, "pay")


def test_a_cloud_has_to_let_containers_in() -> None:
    assert "CONTAINERS=1" in obstacle_to_containers(cloud(None))


@pytest.mark.usefixtures("without_docker")
def test_without_docker_there_are_no_containers() -> None:
    assert obstacle_to_containers(cloud(Access("", "secret"))) == "no Docker engine runs"
    with pytest.raises(CannotStart, match="no Docker engine runs"):
        containers.access()


def test_containers_see_the_clouds_addresses_and_nothing_else_changed() -> None:
    seen = cloud(Access("172.17.0.1", "secret")).as_containers_see

    assert seen("http://127.0.0.1:4566/queue") == "http://host.docker.internal:4566/queue"
    assert seen("postgresql://postgres@127.0.0.1:5432/decouple") == (
        "postgresql://postgres:secret@host.docker.internal:5432/decouple"
    )
    assert seen("http://127.0.0.1:4567 and LEADS") == "http://127.0.0.1:4567 and LEADS"
