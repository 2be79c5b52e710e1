"""Every template, as it is written and as it would be deployed."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from local.paths import ROOT
from tests.templates.cloudformation import Stack, parse, read, translate

TEMPLATES = sorted(ROOT.glob("template-*.yaml"))
ON_AWS = {
    "TokenIssuer": "https://issuer.example",
    "TokenAudience": "payments",
    "TokenJwksUrl": "https://issuer.example/jwks.json",
}
LOCALLY = ON_AWS | {
    "LocalEndpointUrl": "http://127.0.0.1:4566",
    "LocalDatabaseUrl": "postgresql://127.0.0.1/decouple",
}
_translate = cache(translate)


@pytest.fixture(params=TEMPLATES, ids=lambda path: path.stem, scope="session")
def path(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


@pytest.fixture(scope="session")
def source(path: Path) -> dict[str, Any]:
    return read(path)


@pytest.fixture(scope="session")
def translated_text(path: Path) -> str:
    return _translate(path)


@pytest.fixture(scope="session")
def translated(translated_text: str) -> dict[str, Any]:
    return parse(translated_text)


@pytest.fixture(scope="session")
def stack(translated: dict[str, Any]) -> Stack:
    """The stack as it is deployed on AWS, with the defaults."""
    return Stack(translated, ON_AWS)


@pytest.fixture(scope="session")
def local_stack(translated: dict[str, Any]) -> Stack:
    return Stack(translated, LOCALLY)


@pytest.fixture(scope="session")
def decouple_stack() -> Stack:
    return Stack(parse(_translate(ROOT / "template-decouple.yaml")), ON_AWS)
