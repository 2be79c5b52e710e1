"""What clients of AWS are told by a wire that refuses, and what comes through one that does not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.chaos.wires import AwsWire, doubling, refusing
from tests.integration.local_cloud.conftest import make_queue  # noqa: F401  # a fixture

_ONCE = Config(retries={"total_max_attempts": 1})

type Call = Callable[[Any], Any]

CALLS: dict[str, tuple[str, Call]] = {
    "dynamodb": ("ProvisionedThroughputExceededException", lambda it: it.list_tables()),
    "ses": ("AccessDenied", lambda it: it.get_send_quota()),
    "sns": ("Throttled", lambda it: it.list_topics()),
    "sqs": ("AccessDenied", lambda it: it.list_queues()),
    "events": ("ThrottlingException", lambda it: it.list_rules()),
}


@pytest.fixture
def wire(cloud: Cloud) -> Iterator[AwsWire]:
    with AwsWire(cloud.endpoint).running() as wire:
        yield wire


@pytest.fixture
def behind(cloud: Cloud, wire: AwsWire) -> Cloud:
    """The cloud, as who is behind the wire sees it."""
    return replace(cloud, endpoint=wire.url)


@pytest.mark.parametrize("service", CALLS)
def test_a_refused_call_fails_as_aws_says_it(behind: Cloud, wire: AwsWire, service: str) -> None:
    code, call = CALLS[service]
    client = behind.client(service, config=_ONCE)

    with wire.rule(refusing(service, code)), pytest.raises(ClientError) as refused:
        call(client)

    assert refused.value.response["Error"]["Code"] == code
    assert wire.struck == 1
    call(client)


@pytest.mark.parametrize("service", CALLS)
def test_other_services_and_operations_are_let_through(
    behind: Cloud, wire: AwsWire, service: str
) -> None:
    _, call = CALLS[service]
    other = refusing("ssm", "AccessDenied")
    publishing = refusing(service, "AccessDenied", {"Publish"})

    with wire.rule(other), wire.rule(publishing):
        call(behind.client(service))

    assert wire.struck == 0


def test_what_is_published_is_doubled(behind: Cloud, wire: AwsWire, make_queue: Any) -> None:  # noqa: F811
    queue = make_queue()

    with wire.rule(doubling):
        behind.client("sqs").send_message(QueueUrl=queue.url, MessageBody="hello")

    assert [queue.receive()["Body"] for _ in range(2)] == ["hello", "hello"]
