"""The stacks of the last end-to-end run."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.permissions import recording
from tests.permissions.proof import Deployed
from tests.permissions.recording import NoRecording, Recorded
from tests.templates.conftest import CASES, made

TEMPLATES = sorted({case.template for case in CASES})
_load = cache(recording.load)


def translated(template: Path) -> Mapping[str, Any]:
    return made(next(case for case in CASES if case.template == template)).template


def stacks_of(translated: Mapping[str, Any], recorded: Sequence[Recorded]) -> list[Deployed]:
    """Those that have the template's functions."""
    functions = {
        name
        for name, resource in translated["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
    }
    return [Deployed.of(translated, each) for each in recorded if each.functions == functions]


@pytest.fixture(scope="session")
def recorded() -> list[Recorded]:
    try:
        return _load()
    except NoRecording as error:
        reason = str(error)
    pytest.fail(reason, pytrace=False)


@pytest.fixture(scope="session", params=TEMPLATES, ids=lambda path: path.stem)
def template(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture(scope="session")
def deployed(template: Path, recorded: list[Recorded]) -> list[Deployed]:
    return stacks_of(translated(template), recorded)
