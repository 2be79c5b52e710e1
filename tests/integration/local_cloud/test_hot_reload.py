"""An edit of the source is in force at the next invocation, without a deployment."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.local_cloud.conftest import Function

type MakeFunction = Callable[..., Function]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "package").mkdir(parents=True)
    (folder / "app.py").write_text(
        "import os\nfrom package import inner\ndef handler(e, c): return [inner.VALUE, os.getpid()]"
    )
    (folder / "package" / "inner.py").write_text("VALUE = 1")
    return folder


def test_an_edit_is_seen_at_the_next_invocation(make_function: MakeFunction, source: Path) -> None:
    function = make_function(folder=str(source))

    for value in range(9):  # many in one second, all of one size
        (source / "package" / "inner.py").write_text(f"VALUE = {value}")
        assert function.invoke().payload[0] == value


def test_an_edit_that_keeps_the_time_of_modification_is_seen(
    make_function: MakeFunction, source: Path
) -> None:
    function, file = make_function(folder=str(source)), source / "package" / "inner.py"
    assert function.invoke().payload[0] == 1
    before = file.stat()

    file.write_text("VALUE = 2")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert function.invoke().payload[0] == 2


def test_without_an_edit_the_process_stays(make_function: MakeFunction, source: Path) -> None:
    function = make_function(folder=str(source))

    assert function.invoke().payload == function.invoke().payload


def test_a_syntax_error_is_reported_and_its_repair_is_seen(
    make_function: MakeFunction, source: Path
) -> None:
    function, file = make_function(folder=str(source)), source / "package" / "inner.py"
    file.write_text("VALUE =")

    assert function.invoke().payload["errorType"] == "Runtime.UserCodeSyntaxError"
    file.write_text("VALUE = 3")
    assert function.invoke().payload[0] == 3
