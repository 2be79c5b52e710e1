"""Every variant's template, as it is written and as it would be deployed."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from local.variants import VARIANTS, Variant
from tests.templates.cloudformation import Stack, parse, read, through_aliases, translate

ON_AWS = {
    "TokenIssuer": "https://issuer.example",
    "TokenAudience": "payments",
    "TokenJwksUrl": "https://issuer.example/jwks.json",
    "Sender": "premiums@insurance.example",
    "SenderIdentity": "insurance.example",
}
LOCALLY = ON_AWS | {
    "LocalEndpointUrl": "http://127.0.0.1:4566",
    "LocalDatabaseUrl": "postgresql://127.0.0.1/premiums",
}
# Beside the variants: what an option makes of one.
FIFO = Variant(
    "pubsub-sns-fifo", VARIANTS["pubsub-sns"].template, {"Channel": "sns", "Delivery": "fifo"}
)
OWN_BUS = Variant(
    "pubsub-own-bus",
    VARIANTS["pubsub-one-event"].template,
    {"Channel": "eventbridge-one-event", "EventBus": "own"},
)
EVENTBRIDGE = ["pubsub-three-events", "pubsub-one-event"]
CASES = [*VARIANTS.values(), FIFO, OWN_BUS]
PUBSUB = [case for case in CASES if case.template.stem == "template-pubsub"]
_translate = cache(translate)
_parse = cache(parse)
_through_aliases = cache(lambda translated: through_aliases(_parse(translated)))


@pytest.fixture(params=CASES, ids=lambda variant: variant.name, scope="session")
def variant(request: pytest.FixtureRequest) -> Variant:
    assert isinstance(request.param, Variant)
    return request.param


@pytest.fixture(scope="session")
def path(variant: Variant) -> Path:
    return variant.template


@pytest.fixture(scope="session")
def source(path: Path) -> dict[str, Any]:
    return read(path)


@pytest.fixture(scope="session")
def translated_text(path: Path) -> str:
    return _translate(path)


@pytest.fixture(scope="session")
def stack(variant: Variant) -> Stack:
    """The stack as it is deployed on AWS, with the defaults; functions are seen through their
    aliases.
    """
    return made(variant)


@pytest.fixture(scope="session")
def stack_of_versions(variant: Variant) -> Stack:
    """The same with versions and aliases."""
    return with_versions(variant)


@pytest.fixture(scope="session")
def local_stack(stack: Stack) -> Stack:
    return stack.given(**LOCALLY)


@pytest.fixture(scope="session")
def decouple_stack() -> Stack:
    return deployed("decouple")


@pytest.fixture(params=["single", "multiple"], scope="session")
def apigw_stack(request: pytest.FixtureRequest) -> Stack:
    return deployed(f"apigw-{request.param}")


@pytest.fixture(params=PUBSUB, ids=lambda variant: variant.name, scope="session")
def pubsub_stack(request: pytest.FixtureRequest) -> Stack:
    return made(request.param)


def deployed(name: str) -> Stack:
    """The variant's stack on AWS, with the defaults."""
    return made(VARIANTS[name])


def made(variant: Variant) -> Stack:
    return Stack(_through_aliases(_translate(variant.template)), _parameters(variant))


def with_versions(variant: Variant) -> Stack:
    return Stack(_parse(_translate(variant.template)), _parameters(variant))


def _parameters(variant: Variant) -> dict[str, str]:
    return {**ON_AWS, **variant.parameters}
