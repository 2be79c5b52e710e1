"""A customer of the deployed stack, and the eyes of a test behind it."""

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, override
from uuid import uuid4

import psycopg
import pytest
import urllib3
from botocore.exceptions import BotoCoreError, ClientError
from psycopg.rows import dict_row

from local.cloud import Cloud
from local.issuer import Issuer
from local.paying.effects import sent_mails
from local.paying.portfolio import Policy, load
from local.stack import Stack
from operations.place import Place
from tests import given
from tests.conftest import ALLOWED_ORIGIN
from tests.e2e.complaints import complaints
from tests.eventually import PATIENCE_SECONDS, eventually

type Json = dict[str, Any]
type Answer = urllib3.BaseHTTPResponse

ACCEPTED = (201, 202)
"""Paid: completed already, or soon."""
APIGW = ("apigw-single", "apigw-multiple")
PUBSUB = ("pubsub-sns", "pubsub-three-events", "pubsub-one-event")
WITH_COMMUNICATION = APIGW + PUBSUB
_LOOKS_WITHOUT_A_MESSAGE = 10


@dataclass(frozen=True)
class Customer:
    """Somebody with a policy, who pays its premium over HTTP."""

    api_url: str
    issuer: Issuer
    http: urllib3.PoolManager
    id: str = field(default_factory=lambda: f"C-{uuid4()}")
    policy_id: str = field(default_factory=lambda: f"P-{uuid4()}")

    @property
    def email(self) -> str:
        """An address of its own at SES's simulator, which delivers everything."""
        return f"success+{self.id}@simulator.amazonses.com"

    def submission(self, **changes: Any) -> Json:
        """A valid body, with these changes."""
        return {
            "policyId": self.policy_id,
            "customer": {"id": self.id, "name": "Ada Lovelace", "email": self.email},
            "amount": {"value": "49.90", "currency": "EUR"},
            "period": "2026-11",
        } | changes

    def token(self, *, lifetime: timedelta = timedelta(hours=1), **claims: Any) -> str:
        return self.issuer.token(self.id, lifetime=lifetime, **claims)

    def pay(
        self,
        body: Json | str | bytes | None = None,
        *,
        key: str | None = "",
        token: str | None = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Posts a payment: by default a valid one, with a new key and a good token; None leaves
        the key or the token out.
        """
        body = self.submission() if body is None else body
        key = key if key != "" else str(uuid4())
        sent = self._headers(token) | ({} if key is None else {"Idempotency-Key": key})
        sent |= {"Content-Type": "application/json"} | (headers or {})
        url = f"{self.api_url}/payments"
        if isinstance(body, dict):
            return self.http.request("POST", url, json=body, headers=sent)
        return self.http.request("POST", url, body=body, headers=sent)

    def request(self, **changes: Any) -> str:
        """Pays a valid premium, with these changes, and answers the id of the accepted request."""
        answer = self.pay(self.submission(**changes))
        assert answer.status in ACCEPTED, answer.data
        return str(answer.json()["requestId"])

    def complete(self, **changes: Any) -> Json:
        """Pays a valid premium, with these changes, and answers what the API says of the request
        when every service has done its part.
        """
        return self.wait_until("completed", self.request(**changes))

    def ask(self, request_id: str, *, token: str | None = "") -> Answer:
        return self.get(f"/payments/{request_id}", token=token)

    def get(self, path: str, *, token: str | None = "") -> Answer:
        return self.http.request("GET", self.api_url + path, headers=self._headers(token))

    def wait_until(self, status: str, request_id: str, seconds: float = PATIENCE_SECONDS) -> Json:
        """Polls until the request has this status, and answers what the API says of it."""
        view: Json = {}

        def state() -> Json | None:
            nonlocal view
            view = self.ask(request_id).json()
            return view if view["status"] == status else None

        try:
            return eventually(state, f"request {request_id} is {status}", seconds)
        except AssertionError as error:
            error.add_note(f"It is {view}")
            raise

    def _headers(self, token: str | None) -> dict[str, str]:
        token = self.token() if token == "" else token
        return {} if token is None else {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Backstage:
    """What the stack has stored and queued."""

    cloud: Cloud
    stack: Stack
    database_url: str

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.database_url, autocommit=True)

    def sql(self, query: str, *values: object) -> list[Json]:
        with self.connect() as database:
            cursor = database.cursor(row_factory=dict_row).execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def ledger(self, policy_id: str) -> list[Json]:
        return self.sql("SELECT * FROM payments WHERE policy_id = %s", policy_id)

    def lead(self, customer_id: str) -> Json | None:
        answer = self.cloud.client("dynamodb").get_item(
            TableName=self.stack.outputs["LeadsTable"], Key={"pk": {"S": f"CUSTOMER#{customer_id}"}}
        )
        item: Json | None = answer.get("Item")
        return item

    def mails(self, customer: Customer) -> list[Json]:
        """What SES has taken for the customer from this stack."""
        mails = sent_mails(self.cloud, self.stack.sender)
        return [mail for mail in mails if customer.email in mail["Destination"]["ToAddresses"]]

    def send(self, queue: str, body: str) -> None:
        self.cloud.client("sqs").send_message(QueueUrl=self.stack.outputs[queue], MessageBody=body)

    def invoke(self, function: str, event: Json | None = None) -> Json:
        reply = self.cloud.client("lambda").invoke(
            FunctionName=self.stack.outputs[function], Payload=json.dumps(event or {})
        )
        answer: Json = json.loads(reply["Payload"].read())
        assert "FunctionError" not in reply, answer
        return answer

    def dead_letter(self, queue: str, containing: str) -> str | None:
        """The body of such a message in a dead-letter queue, where it stays."""
        messages = self.cloud.client("sqs").receive_message(
            QueueUrl=self.stack.outputs[queue], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        bodies = [str(message["Body"]) for message in messages.get("Messages", [])]
        return next((body for body in bodies if containing in body), None)

    def is_drained(self, queue: str) -> bool:
        """Whether no message is waiting in the queue, in flight, or to come back."""
        counts = self.cloud.client("sqs").get_queue_attributes(
            QueueUrl=self.stack.outputs[queue],
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return not any(int(count) for count in counts.values())

    def wait_until_drained(self) -> None:
        """Until every consumer has worked through its queue, and nothing is on its way to one."""
        queues = [name for name in self.stack.outputs if name.endswith("QueueUrl")]
        kept = ("DeadLetterQueueUrl", "UndeliveredQueueUrl")
        looks = 0

        def is_quiet() -> bool:
            nonlocal looks
            drained = (self.is_drained(name) for name in queues if not name.endswith(kept))
            looks = looks + 1 if all(drained) else 0
            return looks == _LOOKS_WITHOUT_A_MESSAGE

        eventually(is_quiet, "the queues are drained", seconds=90)

    def redrive(self, source: str, destination: str) -> None:
        """Moves the messages of a dead-letter queue back to where they came from."""
        sqs = self.cloud.client("sqs")
        arns = [
            sqs.get_queue_attributes(
                QueueUrl=self.stack.outputs[queue], AttributeNames=["QueueArn"]
            )["Attributes"]["QueueArn"]
            for queue in (source, destination)
        ]
        sqs.start_message_move_task(SourceArn=arns[0], DestinationArn=arns[1])


class GivenBackstage(Backstage):
    """Of a stack that is not the tests' own."""

    @override
    def connect(self) -> psycopg.Connection:
        return given.connect(self.stack)

    @override
    def mails(self, customer: Customer) -> list[Json]:
        pytest.skip("what Amazon SES has sent cannot be looked up")


def behind(cloud: Cloud, stack: Stack) -> Backstage:
    if given.stacks():
        return GivenBackstage(cloud, stack, "")
    return Backstage(cloud, stack, cloud.create_database(stack.name))


def enrolled(cloud: Cloud, stack: Stack, customer: Customer) -> Customer:
    """The customer, whose policy the stack now knows."""
    policy = Policy(customer.policy_id, customer.id, "motor", Decimal("49.90"), "EUR")
    load(cloud.client("lambda"), stack.outputs["PortfolioImportFunction"], [policy])
    return customer


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where a test failed, its report tells what the functions of its stack complained of."""
    report = yield
    backstage = item.funcargs.get("backstage")
    if call.when == "call" and report.failed and isinstance(backstage, Backstage):
        place = given.place() if given.stacks() else Place.local(backstage.cloud)
        since = datetime.fromtimestamp(call.start, UTC)
        try:
            told = list(complaints(place, backstage.stack.name, since))
        except (BotoCoreError, ClientError) as error:  # of a cloud that has ended, say
            told = [f"not to be found out: {error}"]
        report.sections.append(("What the functions complained of", "\n".join(told)))
    return report


@pytest.fixture(scope="session")
def http() -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=20, retries=False, timeout=urllib3.Timeout(30))


@pytest.fixture(scope="session")
def backstage(cloud: Cloud, stack: Stack) -> Backstage:
    return behind(cloud, stack)


@pytest.fixture(scope="session")
def origin(stack: Stack) -> str:
    """Of a browser that the stack allows."""
    return given.allowed_origin(stack) if given.stacks() else ALLOWED_ORIGIN


@pytest.fixture(scope="session", autouse=True)
def _warm(cloud: Cloud, issuer: Issuer, http: urllib3.PoolManager) -> None:
    """Functions that nobody has called for a while may need longer to start than the tests, or the
    function that calls them, wait for an answer.
    """
    for stack in given.stacks().values():
        enrolled(cloud, stack, Customer(stack.outputs["ApiUrl"], issuer, http)).complete()


@pytest.fixture
def new_customer(
    cloud: Cloud, stack: Stack, issuer: Issuer, http: urllib3.PoolManager
) -> Callable[[], Customer]:
    return lambda: enrolled(cloud, stack, Customer(stack.outputs["ApiUrl"], issuer, http))


@pytest.fixture
def customer(new_customer: Callable[[], Customer]) -> Customer:
    return new_customer()
