"""A stack of a channel whose subscribers a test can break, and the channel itself."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest

from contracts.base import Money
from contracts.events import Event, PayerContact, PaymentDetails
from local.cloud import Cloud
from local.stack import Stack, deploy
from local.variants import VARIANTS
from payments.acceptance import EVENTS
from tests.e2e.conftest import Backstage, Customer, Json
from tests.e2e.functions import environment
from tests.eventually import eventually

pytest.register_assert_rewrite("tests.e2e.pubsub.faults", "tests.e2e.pubsub.replays")

SUBSCRIBERS = ("customer", "sales", "communication")
NOWHERE = "http://127.0.0.1:1"
_WITHOUT_STORE = {
    "customer": {"DATABASE_URL": "postgresql://127.0.0.1:1/none"},
    "sales": {"AWS_ENDPOINT_URL_DYNAMODB": NOWHERE},
    "communication": {"AWS_ENDPOINT_URL_DYNAMODB": NOWHERE},
    "audit": {"AWS_ENDPOINT_URL_DYNAMODB": NOWHERE},
}


class ChannelTests:
    """A subclass names its variant and what makes its stack another than the variant's."""

    variant: ClassVar[str]
    parameters: ClassVar[dict[str, str]] = {}
    stack_name: ClassVar[str]
    published: ClassVar[tuple[str, ...]] = ("payment.accepted.v1",)


@dataclass(frozen=True)
class Channel:
    """The topic or bus, as Payments uses it."""

    backstage: Backstage
    published: tuple[str, ...]
    """The types of the events that tell of a payment."""

    @property
    def topic(self) -> str | None:
        return self.backstage.stack.outputs.get("PaymentsTopic")

    @property
    def is_fifo(self) -> bool:
        return bool(self.topic and self.topic.endswith(".fifo"))

    @contextmanager
    def down(self) -> Iterator[None]:
        """Payments' API does not reach it."""
        with environment(self.backstage, "PaymentsApiFunction", **self.endpoint(NOWHERE)):
            yield

    def endpoint(self, url: str) -> dict[str, str]:
        """The variable that makes a function publish to this address."""
        return {f"AWS_ENDPOINT_URL_{'SNS' if self.topic else 'EVENTBRIDGE'}": url}

    def events(self, customer: Customer, request_id: str, **changes: Any) -> list[Json]:
        """What tells of a payment of this customer's."""
        details = {
            "request_id": UUID(request_id),
            "policy_id": customer.policy_id,
            "customer_id": customer.id,
            "product": "motor",
            "amount": Money.model_validate({"value": "49.90", "currency": "EUR"}),
            "period": "2026-11",
        }
        payment = PaymentDetails.model_validate(details | changes)
        payer = PayerContact(name="Ada Lovelace", email=customer.email)
        events = [EVENTS[name](payment, payer, datetime.now(UTC)) for name in self.published]
        return [_json(event) for event in events]

    def publish(self, *events: Json) -> None:
        """Each as an event of its own, also where it is published again."""
        for event in events:
            if self.topic:
                self._to_topic(self.topic, event)
            else:
                self._to_bus(event)

    def _to_topic(self, topic: str, event: Json) -> None:
        fifo = {"MessageGroupId": event["partitionkey"], "MessageDeduplicationId": str(uuid4())}
        self.backstage.cloud.client("sns").publish(
            TopicArn=topic, Message=json.dumps(event), **(fifo if self.is_fifo else {})
        )

    def _to_bus(self, event: Json) -> None:
        answer = self.backstage.cloud.client("events").put_events(
            Entries=[
                {
                    "EventBusName": self.backstage.stack.outputs["EventBusArn"],
                    "Source": f"{self.backstage.stack.name}.{event['source']}",
                    "DetailType": event["type"],
                    "Detail": json.dumps(event),
                }
            ]
        )
        assert answer["FailedEntryCount"] == 0


def _json(event: Event) -> Json:
    fields: Json = json.loads(event.model_dump_json())
    return fields


@contextmanager
def down(backstage: Backstage, *subscribers: str, retry_seconds: int = 1) -> Iterator[None]:
    """These services cannot do their part, as their stores do not answer. They try again after
    about so many seconds, and twice as many with each time.
    """
    with ExitStack() as stack:
        for service in subscribers:
            function = f"{service.capitalize()}ConsumerFunction"
            changes = _WITHOUT_STORE[service] | {"RETRY_DELAY_SECONDS": str(retry_seconds)}
            stack.enter_context(environment(backstage, function, **changes))
        yield


@contextmanager
def paused(backstage: Backstage, subscriber: str) -> Iterator[None]:
    """The subscriber leaves its messages in its queue, but for what it is about to take."""
    functions = backstage.cloud.client("lambda")
    name = backstage.stack.outputs[f"{subscriber.capitalize()}ConsumerFunction"]
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]

    def switch(*, on: bool) -> None:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on)
        wanted = "Enabled" if on else "Disabled"
        eventually(
            lambda: functions.get_event_source_mapping(UUID=mapping["UUID"])["State"] == wanted,
            f"the queue of {subscriber} is {wanted.lower()}",
        )

    switch(on=False)
    try:
        yield
    finally:
        switch(on=True)


@contextmanager
def overheard(backstage: Backstage, subscriber: str) -> Iterator[Callable[[str], Json]]:
    """A queue that gets from the subscriber's rule what the subscriber's own queue gets. Yields how
    to wait for a message that contains a text.
    """
    sqs, events = backstage.cloud.client("sqs"), backstage.cloud.client("events")
    bus = backstage.stack.outputs["EventBusArn"]
    resource = backstage.cloud.client("cloudformation").describe_stack_resource(
        StackName=backstage.stack.name, LogicalResourceId=f"{subscriber.capitalize()}Rule"
    )["StackResourceDetail"]
    _, _, rule = resource["PhysicalResourceId"].rpartition("|")
    (target,) = events.list_targets_by_rule(EventBusName=bus, Rule=rule)["Targets"]
    queue = sqs.create_queue(QueueName=f"overheard-{uuid4()}")["QueueUrl"]
    probe = target | {"Id": "overheard", "Arn": arn(backstage, queue)}
    events.put_targets(EventBusName=bus, Rule=rule, Targets=[probe])

    def wait(containing: str) -> Json:
        def look() -> str | None:
            answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            bodies = [message["Body"] for message in answer.get("Messages", [])]
            return next((body for body in bodies if containing in body), None)

        message: Json = json.loads(eventually(look, "the message has come"))
        return message

    try:
        yield wait
    finally:
        events.remove_targets(EventBusName=bus, Rule=rule, Ids=["overheard"])
        sqs.delete_queue(QueueUrl=queue)


def steps(customer: Customer, request_id: str) -> dict[str, str]:
    view = customer.ask(request_id).json()
    return {step["service"]: step["status"] for step in view["steps"]}


def wait_for_steps(customer: Customer, request_id: str, statuses: dict[str, str]) -> None:
    """Until these steps have these statuses."""

    def reached() -> bool:
        return statuses.items() <= steps(customer, request_id).items()

    eventually(reached, f"the steps of {request_id} are {statuses}", seconds=60)


def age(backstage: Backstage, request_id: str) -> None:
    """Makes the request look as if it had been accepted long ago."""
    backstage.cloud.client("dynamodb").update_item(
        TableName=backstage.stack.outputs["RequestsTable"],
        Key={"pk": {"S": f"REQUEST#{request_id}"}},
        UpdateExpression="SET acceptedAt = :then",
        ExpressionAttributeValues={":then": {"S": "2000-01-01T00:00:00.000000+00:00"}},
    )


def arn(backstage: Backstage, queue_url: str) -> str:
    attributes = backstage.cloud.client("sqs").get_queue_attributes(
        QueueUrl=queue_url, AttributeNames=["QueueArn"]
    )["Attributes"]
    return str(attributes["QueueArn"])


def assert_done(customer: Customer, backstage: Backstage, payments: int = 1) -> None:
    """Every effect is there, once for each payment."""
    lead = backstage.lead(customer.id)
    assert len(backstage.ledger(customer.policy_id)) == payments
    assert lead is not None
    assert lead["payments"] == {"N": str(payments)}
    assert len(backstage.mails(customer)) == payments


@pytest.fixture(scope="class")
def stack(cloud: Cloud, request: pytest.FixtureRequest) -> Stack:
    """Of the channel that the test's class names."""
    tests: type[ChannelTests] = request.cls
    times = {
        "RetryDelaySeconds": "0",
        "RelayAgeSeconds": "0",
        "RelaySchedule": "rate(1 day)",
        "SweepSchedule": "rate(1 day)",
    }
    parameters = times | tests.parameters
    return deploy(cloud, VARIANTS[tests.variant], name=tests.stack_name, parameters=parameters)


@pytest.fixture(scope="class")
def backstage(cloud: Cloud, stack: Stack) -> Backstage:
    return Backstage(cloud, stack, cloud.create_database(stack.name))


@pytest.fixture
def channel(backstage: Backstage, request: pytest.FixtureRequest) -> Channel:
    tests: type[ChannelTests] = request.cls
    return Channel(backstage, tests.published)
