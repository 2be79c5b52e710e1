"""The subscribers' functions over their stores; SQS is in memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext as Context

import audit.consumer
import audit.trail
import communication.consumer
import customer.consumer
import sales.consumer
from contracts.api import StepStatus
from contracts.events import Event, StepReported
from local.cloud import Cloud
from runtime import aws
from tests.builders import LambdaContext, sqs_event, sqs_record
from tests.fakes import FakeSqs
from tests.integration.conftest import TestDatabase, dynamodb_table

OUTCOMES = "https://sqs.example/outcomes"
CACHES = (
    audit.consumer.wiring,
    audit.trail.entries,
    communication.consumer.wiring,
    customer.consumer.settings,
    sales.consumer.wiring,
    aws.ses,
)

type Handler = Callable[[dict[str, Any], Context], dict[str, Any]]


@dataclass
class Subscriber:
    """A function that is given messages, and what it says of them."""

    handler: Handler
    sqs: FakeSqs

    def take(
        self, *messages: Event | str, receives: int = 1, group: str | None = None
    ) -> list[int]:
        """The places in the batch of those that come again."""
        bodies = [m if isinstance(m, str) else m.model_dump_json() for m in messages]
        records = [sqs_record(body, receives=receives, group=group) for body in bodies]
        answer = self.handler(sqs_event(*records), LambdaContext())  # type: ignore[arg-type]
        again = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        return [place for place, each in enumerate(records) if each["messageId"] in again]

    def reported(self, request_id: UUID) -> list[StepStatus]:
        reports = [StepReported.model_validate_json(body) for body in self.sqs.bodies(OUTCOMES)]
        return [each.data.status for each in reports if each.data.request_id == request_id]


@pytest.fixture(scope="session")
def tables(cloud: Cloud) -> Iterator[dict[str, str]]:
    """The names of the tables, by the variables that hold them."""
    with (
        dynamodb_table(cloud, "LeadsTable") as leads,
        dynamodb_table(cloud, "ConfirmationsTable") as confirmations,
        dynamodb_table(cloud, "AuditTable") as entries,
    ):
        yield {
            "LEADS_TABLE": leads,
            "CONFIRMATIONS_TABLE": confirmations,
            "AUDIT_TABLE": entries,
        }


@pytest.fixture
def sender(cloud: Cloud) -> str:
    """A verified sender of this test only."""
    address = f"no-reply-{uuid4()}@insurance.example"
    cloud.client("ses").verify_email_identity(EmailAddress=address)
    return address


@pytest.fixture
def sqs(
    aws_clients: Cloud, tables: dict[str, str], sender: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeSqs]:
    """SQS in memory, and the functions' settings."""
    variables = {
        "QUEUE_URL": "https://sqs.example/queue",
        "MAX_RECEIVE_COUNT": "5",
        "RETRY_DELAY_SECONDS": "1",
        "OUTCOMES_DESTINATION": OUTCOMES,
        "MARK_RETENTION_DAYS": "90",
        "SENDER": sender,
        **tables,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for cached in CACHES:
        cached.cache_clear()
    fake = FakeSqs()
    monkeypatch.setattr(aws, "sqs", lambda: fake)
    yield fake
    if aws.ses.cache_info().currsize:
        aws.ses().close()
    for cached in CACHES:
        cached.cache_clear()


@pytest.fixture
def customer_id() -> str:
    """The id of a customer of this test only."""
    return f"C-{uuid4()}"


@pytest.fixture
def customer_consumer(sqs: FakeSqs, db: TestDatabase) -> Subscriber:
    return Subscriber(customer.consumer.handler, sqs)


@pytest.fixture
def sales_consumer(sqs: FakeSqs) -> Subscriber:
    return Subscriber(sales.consumer.handler, sqs)


@pytest.fixture
def communication_consumer(sqs: FakeSqs) -> Subscriber:
    return Subscriber(communication.consumer.handler, sqs)


@pytest.fixture
def audit_consumer(sqs: FakeSqs) -> Subscriber:
    return Subscriber(audit.consumer.handler, sqs)
