"""A stack to measure, in a local cloud of its own."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

from botocore.config import Config

from local.bench.figures import NotMeasured
from local.build import Build
from local.cloud import Cloud, running
from local.issuer import Issuer, local_issuer
from local.paying.portfolio import Policy
from local.paying.premiums import Premium
from local.stack import Stack, deploy
from local.variants import VARIANTS, Variant

VARIANT = VARIANTS["decouple"]
CUSTOMER = "C-10001"
EMAIL = "success@simulator.amazonses.com"
_CALL = re.compile(r"localstack\.request\.aws +: AWS (\S+) => ")
_OWN = ("cloudwatch.", "dynamodb.Scan", "sqs.GetQueueAttributes")
_BILLED = re.compile(r"Billed Duration: (\d+) ms")
_IDLE_DEADLINE_S = 120.0
_IDLE_POLL_S = 0.3
_SWITCH_DEADLINE_S = 30.0
_POLL_S = 0.2


@dataclass(frozen=True)
class World:
    cloud: Cloud
    stack: Stack

    @property
    def issuer(self) -> Issuer:
        return local_issuer(self.cloud)

    @property
    def authorizer_event(self) -> dict[str, Any]:
        """With a good token, so that the authorizer checks its signature."""
        return {
            "type": "TOKEN",
            "methodArn": "arn:aws:execute-api:us-east-1:000000000000:api/v1/GET/payments/1",
            "authorizationToken": f"Bearer {self.issuer.token(CUSTOMER)}",
        }

    def lambda_client(self, *, connections: int = 10) -> Any:
        return self.cloud.client(
            "lambda",
            config=Config(
                max_pool_connections=connections, retries={"total_max_attempts": 1}, read_timeout=70
            ),
        )

    def functions(self) -> dict[str, str]:
        """The stack's functions: names by logical ids."""
        pages = self.cloud.client("cloudformation").get_paginator("list_stack_resources")
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages.paginate(StackName=self.stack.name)
            for resource in page["StackResourceSummaries"]
            if resource["ResourceType"] == "AWS::Lambda::Function"
        }

    def calls(self) -> Counter[str]:
        """Of AWS services so far, as LocalStack has logged them, without the bench's own."""
        found = Counter(_CALL.findall((self.cloud.folder / "localstack.log").read_text()))
        return Counter({call: n for call, n in found.items() if not call.startswith(_OWN)})

    def queues(self) -> dict[str, str]:
        """URLs of the stack's queues but dead-letter queues, by their logical ids."""
        return {
            name.removesuffix("Url"): url
            for name, url in self.stack.outputs.items()
            if name.endswith("QueueUrl") and not name.endswith("DeadLetterQueueUrl")
        }

    def wait_until_idle(self, *queues: str, patience_s: float = _IDLE_DEADLINE_S) -> None:
        """Until all messages of these queues, by default of all, are worked off."""
        sqs, deadline = self.cloud.client("sqs"), monotonic() + patience_s
        urls = {name: url for name, url in self.queues().items() if not queues or name in queues}
        while left := {name: n for name, url in urls.items() if (n := _messages(sqs, url))}:
            if monotonic() > deadline:
                raise NotMeasured(f"{self.stack.name}: messages are left: {left}")
            self.cloud.check()
            sleep(_IDLE_POLL_S)

    def billed(self, *, since: datetime | None = None) -> dict[str, list[int]]:
        """Milliseconds of each invocation, by function, as the functions' logs report them."""
        client, logs = self.cloud.client("lambda"), self.cloud.client("logs")
        begin = {"startTime": int(since.timestamp() * 1000)} if since else {}

        def reported(name: str) -> Iterator[int]:
            function = client.get_function_configuration(FunctionName=name)
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=function["LoggingConfig"]["LogGroup"], filterPattern="REPORT", **begin
            )
            for event in (event for page in pages for event in page["events"]):
                yield from map(int, _BILLED.findall(event["message"]))

        return {logical_id: list(reported(name)) for logical_id, name in self.functions().items()}

    @contextmanager
    def paused(self, function: str) -> Iterator[None]:
        """The function takes nothing from its queue within the block."""
        client = self.cloud.client("lambda")
        name = self.stack.outputs[function]
        (mapping,) = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        _switch(client, mapping["UUID"], enabled=False)
        try:
            yield
        finally:
            _switch(client, mapping["UUID"], enabled=True)


@contextmanager
def deployed() -> Iterator[World]:
    """The variant in a fresh local cloud, until the end of the block."""
    with running() as cloud:
        yield World(cloud, deploy(cloud, VARIANT))


def new_policy() -> Policy:
    return Policy(f"P-{uuid4()}", f"C-{uuid4()}", "motor", Decimal("49.90"), "EUR")


def months() -> Iterator[str]:
    """Without end."""
    return (f"{2000 + number // 12}-{number % 12 + 1:02}" for number in count())


def premium(policy: Policy, month: str) -> Premium:
    """As it is due."""
    return Premium(
        line=1,
        idempotency_key=str(uuid4()),
        policy_id=policy.policy_id,
        customer_id=policy.customer_id,
        name="Ada Lovelace",
        email=EMAIL,
        amount=str(policy.premium),
        currency=policy.currency,
        period=month,
    )


def built(variant: Variant = VARIANT) -> Path:
    """The folder that holds the layers for this machine."""
    with Build(variant) as build:
        return build.wait().template.parent


def invoke(client: Any, function: str, event: Any, **options: Any) -> dict[str, Any]:
    """The answer of a call that must succeed."""
    answer: dict[str, Any] = client.invoke(
        FunctionName=function, Payload=json.dumps(event), **options
    )
    if "FunctionError" in answer:
        raise RuntimeError(f"{function} failed: {answer['Payload'].read().decode()}")
    return answer


def _switch(client: Any, uuid: str, *, enabled: bool) -> None:
    wanted = "Enabled" if enabled else "Disabled"
    client.update_event_source_mapping(UUID=uuid, Enabled=enabled)
    deadline = monotonic() + _SWITCH_DEADLINE_S
    while (state := client.get_event_source_mapping(UUID=uuid)["State"]) != wanted:
        if monotonic() > deadline:
            raise NotMeasured(f"the event source mapping is {state} and not {wanted}")
        sleep(_POLL_S)


def _messages(sqs: Any, queue_url: str) -> int:
    """That wait in the queue, are being worked on, or are to come back."""
    counts = sqs.get_queue_attributes(
        QueueUrl=queue_url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(map(int, counts.values()))
