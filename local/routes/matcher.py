"""Which events pass which patterns, as LocalStack decides it."""

import json
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from local.paths import LOCALSTACK_PYTHON
from local.routes.channels import Route
from local.routes.samples import Sample
from local.templates import NotUnderstood

_ENGINE = Path(__file__).with_name("engine.py")


def matches(asked: Sequence[tuple[Route, Sequence[Sample]]]) -> list[dict[str, bool]]:
    """For each route, whether it lets each of the samples pass, by name."""
    questions = [
        {
            "scope": route.scope,
            "pattern": route.pattern,
            "parts": [sample.part(route.scope) for sample in samples],
        }
        for route, samples in asked
    ]
    found = []
    for (route, samples), answer in zip(asked, _answers(json.dumps(questions)), strict=True):
        if isinstance(answer, str):
            raise NotUnderstood(f"{route.name}: {answer}")
        found.append(dict(zip((sample.name for sample in samples), answer, strict=True)))
    return found


@cache
def _answers(questions: str) -> Any:
    answered = subprocess.run(
        [LOCALSTACK_PYTHON, "-P", _ENGINE],
        input=questions,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(answered.stdout)
