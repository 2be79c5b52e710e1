"""Functions and queues that break on purpose, and are sound again."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.cloud import Cloud
from tests.eventually import eventually
from tests.integration.local_cloud.conftest import Function, Queue
from tests.plugin_faults import fault

type MakeFunction = Callable[..., Function]
type MakeQueue = Callable[..., Queue]

COUNTS = """
    import pathlib
    def handler(event, context):
        with pathlib.Path({path!r}).open("a") as file:
            file.write("x")
"""
TELLS_THE_TIME = """
    import time
    from datetime import UTC, datetime
    def handler(event, context):
        return [time.time(), datetime.now(UTC).isoformat()]
"""
SENDS_ON = """
    import boto3
    def handler(event, context):
        bodies = [record["body"] for record in event["Records"]]
        boto3.client("sqs").send_message(QueueUrl={url!r}, MessageBody=",".join(bodies))
"""


def test_a_function_raises_before_its_work_or_after_it(
    cloud: Cloud, make_function: MakeFunction, tmp_path: Path
) -> None:
    counted = tmp_path / "count"
    function = make_function(COUNTS.format(path=str(counted)))

    with fault(cloud, function.name, "throws") as hits:
        for attempt in range(1, 41):
            invocation = function.invoke()
            assert invocation.error == "Unhandled"
            assert invocation.payload["errorType"] == "BrokenOnPurpose"
            assert hits() == attempt

    assert 0 < len(counted.read_text()) < 40
    assert function.invoke().error is None


def test_a_function_hangs_until_it_is_timed_out(cloud: Cloud, make_function: MakeFunction) -> None:
    function = make_function("def handler(event, context): return 'sound'", Timeout=60)

    with fault(cloud, function.name, "hangs 0.5"):
        invocation = function.invoke()

    assert "Task timed out after 60.00 seconds" in invocation.payload["errorMessage"]
    assert function.invoke().payload == "sound"


@pytest.mark.parametrize("seconds", [300, -300])
def test_the_clock_of_a_function_is_put_forward_or_back(
    cloud: Cloud, make_function: MakeFunction, seconds: int
) -> None:
    function = make_function(TELLS_THE_TIME)

    def ahead() -> list[float]:
        invocation = function.invoke()
        assert invocation.error is None, invocation
        epoch, instant = invocation.payload
        off = datetime.fromisoformat(instant) - datetime.now(UTC)
        return [epoch - time.time(), off.total_seconds()]

    with fault(cloud, function.name, f"clock {seconds}"):
        assert ahead() == pytest.approx([seconds] * 2, abs=5)
    assert ahead() == pytest.approx([0, 0], abs=5)


@pytest.fixture
def queues(
    cloud: Cloud, make_function: MakeFunction, make_queue: MakeQueue
) -> Iterator[tuple[Queue, Queue]]:
    """A queue with a consumer, which sends the bodies of each batch on to the other."""
    source, target = make_queue(VisibilityTimeout="60"), make_queue()
    function = make_function(SENDS_ON.format(url=target.url))
    functions = cloud.client("lambda")
    mapping = functions.create_event_source_mapping(
        FunctionName=function.name, EventSourceArn=source.arn, BatchSize=10
    )["UUID"]
    yield source, target
    functions.delete_event_source_mapping(UUID=mapping)


def test_a_queue_hands_each_batch_over_twice(cloud: Cloud, queues: tuple[Queue, Queue]) -> None:
    source, target = queues

    with fault(cloud, source.arn.rpartition(":")[2], "twice"):
        source.send("hello")
        assert [target.receive()["Body"] for _ in range(2)] == ["hello", "hello"]

    source.send("once")
    assert target.receive()["Body"] == "once"


def test_a_queue_gathers_batches_and_shuffles_them(
    cloud: Cloud, queues: tuple[Queue, Queue]
) -> None:
    source, target = queues
    sent = [str(number) for number in range(10)]

    def came_shuffled() -> bool:
        source.client.send_message_batch(
            QueueUrl=source.url, Entries=[{"Id": body, "MessageBody": body} for body in sent]
        )
        came: list[str] = []
        while len(came) < len(sent):
            came += target.receive()["Body"].split(",")
        assert sorted(came) == sent
        return came != sent

    with fault(cloud, source.arn.rpartition(":")[2], "shuffled"):
        eventually(came_shuffled, "a batch in another order")
