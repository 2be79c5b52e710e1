"""Unit tests open no socket and see nothing of the developer's AWS configuration."""

import io
import os

import pytest

from runtime import aws
from runtime.logs import logger
from tests.fakes import FakeSqs


@pytest.fixture(autouse=True)
def _no_sockets(socket_disabled: None) -> None:
    pass


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> FakeSqs:
    """SQS in memory, in place of the real client."""
    fake = FakeSqs()
    monkeypatch.setattr(aws, "sqs", lambda: fake)
    return fake


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """All that the functions log."""
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    logger.set_correlation_id(None)  # whatever another test's function has left
    return stream


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Sets variables in an environment that holds none of the functions' own."""
    for name in os.environ:
        if name.startswith(("AWS_", "DATABASE_", "DSQL_", "TOKEN_")) or name.endswith("_URL"):
            monkeypatch.delenv(name)
    return monkeypatch
