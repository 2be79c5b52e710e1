"""FIFO queues: groups, and the way to the dead-letter queue and back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.cloud import Cloud
from tests.eventually import eventually
from tests.integration.local_cloud.conftest import Function, Queue

FAILS_FOR_POISON = """
    import json, pathlib
    def handler(event, context):
        records = event["Records"]
        with pathlib.Path({path!r}).open("a") as file:
            file.write(json.dumps([record["body"] for record in records]) + "\\n")
        failed = [record["messageId"] for record in records if record["body"] == "poison"]
        return {{"batchItemFailures": [{{"itemIdentifier": id}} for id in failed]}}
"""


@pytest.fixture
def queues(make_queue: Callable[..., Queue]) -> tuple[Queue, Queue]:
    """A queue and its dead-letter queue, both empty."""
    dead_letters = make_queue(FifoQueue="true")
    policy = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": 2}
    queue = make_queue(FifoQueue="true", VisibilityTimeout="1", RedrivePolicy=json.dumps(policy))
    return queue, dead_letters


def in_group(group: str, body: str) -> dict[str, Any]:
    return {"MessageGroupId": group, "MessageDeduplicationId": body}


def test_a_batch_holds_several_groups_of_which_one_alone_is_held_up(
    cloud: Cloud,
    make_function: Callable[..., Function],
    queues: tuple[Queue, Queue],
    tmp_path: Path,
) -> None:
    batches = tmp_path / "batches"
    function = make_function(FAILS_FOR_POISON.format(path=str(batches)))
    queue, dead_letters = queues
    for group, body in (("a", "poison"), ("b", "good"), ("b", "better")):
        queue.send(body, **in_group(group, body))

    mapping = cloud.client("lambda").create_event_source_mapping(
        FunctionName=function.name,
        EventSourceArn=queue.arn,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )

    assert dead_letters.receive()["Body"] == "poison"
    assert [json.loads(line) for line in batches.read_text().splitlines()] == [
        ["poison", "good", "better"],
        ["poison"],
    ]
    cloud.client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])


def test_a_redrive_brings_a_message_back_although_it_was_sent_a_moment_ago(
    cloud: Cloud, queues: tuple[Queue, Queue]
) -> None:
    queue, dead_letters = queues
    sqs = cloud.client("sqs")
    queue.send("poison", **in_group("a", "poison"))

    def is_dead() -> bool:
        sqs.receive_message(QueueUrl=queue.url, VisibilityTimeout=0)
        found = sqs.get_queue_attributes(
            QueueUrl=dead_letters.url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return found["Attributes"]["ApproximateNumberOfMessages"] == "1"

    eventually(is_dead, "the message is in the dead-letter queue")
    sqs.start_message_move_task(SourceArn=dead_letters.arn)

    assert queue.receive()["Body"] == "poison"
