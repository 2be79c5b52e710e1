"""What invokes functions by itself: queues and schedules."""

import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from local.cloud import Cloud
from tests.eventually import eventually
from tests.integration.local_cloud.conftest import Function

type MakeFunction = Callable[..., Function]

WRITES = """
    import json, pathlib
    def handler(event, context):
        pathlib.Path({path!r}).write_text(json.dumps(event))
"""


def test_a_message_in_a_queue_invokes_the_function(
    cloud: Cloud, make_function: MakeFunction, tmp_path: Path
) -> None:
    written = tmp_path / "event"
    function = make_function(WRITES.format(path=str(written)))
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName=f"test-{uuid4()}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    mapping = cloud.client("lambda").create_event_source_mapping(
        FunctionName=function.name, EventSourceArn=attributes["Attributes"]["QueueArn"]
    )
    assert queue.startswith(cloud.endpoint)

    sqs.send_message(QueueUrl=queue, MessageBody="hello")

    eventually(written.exists, "the invocation")
    (record,) = json.loads(written.read_text())["Records"]
    assert record["body"] == "hello"
    cloud.client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])
    sqs.delete_queue(QueueUrl=queue)


def test_a_schedule_of_eventbridge_fires(
    cloud: Cloud, make_function: MakeFunction, tmp_path: Path
) -> None:
    written = tmp_path / "event"
    function = make_function(WRITES.format(path=str(written)))
    events, name = cloud.client("events"), f"test-{uuid4()}"
    events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule=name, Targets=[{"Id": "function", "Arn": function.arn}])

    eventually(written.exists, "the scheduled invocation", 130)

    assert json.loads(written.read_text())["detail-type"] == "Scheduled Event"
    events.remove_targets(Rule=name, Ids=["function"])
    events.delete_rule(Name=name)
