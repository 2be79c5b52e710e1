"""Only a run of the whole end-to-end suite is kept, and compared only with its own sources."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from tests.permissions import recording
from tests.permissions.recording import NoRecording


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(recording, "FILE", tmp_path / "calls.json")
    return recording.FILE


@pytest.mark.usefixtures("file")
def test_without_a_run_there_is_nothing_to_compare() -> None:
    with pytest.raises(NoRecording, match="has not run yet: make test"):
        recording.load()


def test_a_run_with_other_sources_is_not_compared(file: Path) -> None:
    file.write_text(json.dumps({"sources": "others", "stacks": [], "calls": []}))

    with pytest.raises(NoRecording, match="other sources than these: make test"):
        recording.load()


def test_calls_are_those_of_the_stacks_functions(file: Path) -> None:
    stacks = {
        name: {
            "name": name,
            "parameters": {},
            "resources": {"Function": ["AWS::Lambda::Function", f"{name}-Function-1"]},
        }
        for name in ("one", "two")
    }
    call = {"action": "ses:SendEmail", "resource": "*", "context": [["ses:FromAddress", "me"]]}
    calls = [call | {"function": name} for name in ("two-Function-1", "of-no-stack")]
    file.write_text(
        json.dumps(
            {"sources": recording.sources(), "stacks": list(stacks.values()), "calls": calls}
        )
    )

    one, two = recording.load()

    assert one.calls == []
    (found,) = two.calls
    assert (found.function, found.context) == ("Function", {"ses:FromAddress": "me"})


@pytest.mark.parametrize("path", ["tests", "tests/e2e", "."])
def test_a_run_of_the_whole_suite_is_kept(path: str) -> None:
    assert recording.is_of_whole_suite([path], Namespace(keyword="", lf=False))
    assert recording.is_of_whole_suite(["tests/integration", path], Namespace())


@pytest.mark.parametrize("path", ["tests/unit", "tests/e2e/test_paying.py", "tests/e2e/x.py::test"])
def test_a_run_of_some_of_its_files_is_not_kept(path: str) -> None:
    assert not recording.is_of_whole_suite([path], Namespace())


@pytest.mark.parametrize(
    "option", [{"keyword": "paying"}, {"lf": True}, {"deselect": ["tests/e2e/test_paying.py"]}]
)
def test_a_run_that_leaves_tests_out_is_not_kept(option: dict[str, Any]) -> None:
    assert not recording.is_of_whole_suite(["tests/e2e"], Namespace(**option))
