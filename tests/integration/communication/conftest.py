"""Communication's table in DynamoDB, and its sender in SES."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen
from uuid import uuid4

import pytest

from communication import internal_api
from communication.sent import SentTable
from local.cloud import Cloud
from runtime import aws
from tests.builders import LambdaContext, api_event
from tests.integration.conftest import dynamodb_table

DAYS = 90

type Mails = Callable[[], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def table(cloud: Cloud) -> Iterator[str]:
    with dynamodb_table(cloud, "ConfirmationsTable") as name:
        yield name


@pytest.fixture
def sent(aws_clients: Cloud, table: str) -> SentTable:
    return SentTable(table, DAYS)


@pytest.fixture
def customer() -> str:
    """The id of a customer of this test only."""
    return f"C-{uuid4()}"


@pytest.fixture
def items(cloud: Cloud, table: str, customer: str) -> Callable[[], list[dict[str, Any]]]:
    """What is stored about the customer."""

    def query() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = cloud.client("dynamodb").query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"CUSTOMER#{customer}"}},
        )["Items"]
        return found

    return query


@pytest.fixture
def sender(cloud: Cloud) -> str:
    """A verified sender of this test only."""
    address = f"no-reply-{uuid4()}@insurance.example"
    cloud.client("ses").verify_email_identity(EmailAddress=address)
    return address


@pytest.fixture
def mails(cloud: Cloud, sender: str) -> Mails:
    """The mails that LocalStack's SES took from the sender."""

    def get() -> list[dict[str, Any]]:
        query = urlencode({"email": sender})
        with urlopen(f"{cloud.endpoint}/_aws/ses?{query}", timeout=10) as answer:
            taken: list[dict[str, Any]] = json.load(answer)["messages"]
        return taken

    return get


@pytest.fixture
def communication(
    aws_clients: Cloud, table: str, sender: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The function's settings and its clients, which a test may lead elsewhere."""
    monkeypatch.setenv("CONFIRMATIONS_TABLE", table)
    monkeypatch.setenv("SENDER", sender)
    monkeypatch.setenv("MARK_RETENTION_DAYS", str(DAYS))
    caches = (internal_api.wiring, internal_api.app, aws.ses)
    for cached in caches:
        cached.cache_clear()
    yield
    if aws.ses.cache_info().currsize:
        aws.ses().close()
    for cached in caches:
        cached.cache_clear()


def call(method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """The function's status and body, as another service gets them through the gateway."""
    event = api_event(method, path, body=body, subject=None)
    answer = internal_api.handler(event, LambdaContext())  # type: ignore[arg-type]
    return answer["statusCode"], json.loads(answer["body"] or "null")
