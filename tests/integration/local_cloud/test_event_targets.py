"""How EventBridge hands events to queues."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from tests.eventually import eventually
from tests.integration.local_cloud.conftest import Queue

type Json = dict[str, Any]
type MakeQueue = Callable[..., Queue]

NAME = 'Ada "the first" \\ Grace <ada@example.com>, née Bÿron\\n\n{}'


@dataclass(frozen=True)
class Bus:
    name: str
    client: Any
    on_exit: ExitStack

    @property
    def arn(self) -> str:
        return str(self.client.describe_event_bus(Name=self.name)["Arn"])

    def rule(self, queue_arn: str, **target: Any) -> None:
        """Hands every event from "payments" to the queue."""
        rule = {"Rule": f"rule-{uuid4()}", "EventBusName": self.name}
        self.client.put_rule(
            Name=rule["Rule"],
            EventBusName=self.name,
            EventPattern=json.dumps({"source": ["payments"]}),
        )
        self.on_exit.callback(self.client.delete_rule, Name=rule["Rule"], EventBusName=self.name)
        self.client.put_targets(**rule, Targets=[{"Id": "queue", "Arn": queue_arn, **target}])
        self.on_exit.callback(self.client.remove_targets, **rule, Ids=["queue"])

    def put(self, detail: Json) -> None:
        entry = {
            "EventBusName": self.name,
            "Source": "payments",
            "DetailType": "payment.accepted.v1",
            "Detail": json.dumps(detail),
        }
        assert self.client.put_events(Entries=[entry])["FailedEntryCount"] == 0


@pytest.fixture
def bus(cloud: Cloud) -> Iterator[Bus]:
    client, name = cloud.client("events"), f"bus-{uuid4()}"
    with ExitStack() as on_exit:
        client.create_event_bus(Name=name)
        on_exit.callback(client.delete_event_bus, Name=name)
        yield Bus(name, client, on_exit)


def transformer(template: str, **paths: str) -> Json:
    return {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}


def test_an_input_path_hands_over_a_part_of_the_event_unchanged(
    bus: Bus, make_queue: MakeQueue
) -> None:
    queue = make_queue()
    bus.rule(queue.arn, InputPath="$.detail")

    bus.put({"name": NAME})

    assert json.loads(queue.receive()["Body"]) == {"name": NAME}


def test_an_object_in_an_input_template_is_json_whatever_its_texts_hold(
    bus: Bus, make_queue: MakeQueue
) -> None:
    queue = make_queue()
    template = '{"id": <id>, "is": "<id> of <kind>", "payer": <payer>, "paid": <paid>}'
    paths = {"id": "$.detail.id", "kind": "$.detail-type"}
    paths |= {"payer": "$.detail.payer", "paid": "$.detail.paid"}
    bus.rule(queue.arn, **transformer(template, **paths))
    payer = {"name": NAME, "email": "ada@example.com"}

    bus.put({"id": "1", "payer": payer, "paid": True})

    assert json.loads(queue.receive()["Body"]) == {
        "id": "1",
        "is": "1 of payment.accepted.v1",
        "payer": payer,
        "paid": True,
    }


def test_an_event_of_which_a_template_makes_no_json_is_kept_as_it_came(
    bus: Bus, make_queue: MakeQueue
) -> None:
    queue, undelivered = make_queue(), make_queue()
    bus.rule(
        queue.arn,
        DeadLetterConfig={"Arn": undelivered.arn},
        **transformer('{"name": <name>}', name="$.detail.name"),  # its quotes are not escaped
    )

    bus.put({"name": 'Ada "the first"'})

    message = undelivered.receive()
    event = json.loads(message["Body"])
    assert (event["source"], event["detail"]) == ("payments", {"name": 'Ada "the first"'})
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "INVALID_JSON"
    assert message["MessageAttributes"]["TARGET_ARN"]["StringValue"] == queue.arn


def test_an_event_for_a_queue_that_is_gone_is_kept_in_the_dead_letter_queue(
    bus: Bus, make_queue: MakeQueue
) -> None:
    undelivered = make_queue()
    gone = undelivered.arn.replace("test-", "gone-")
    bus.rule(gone, InputPath="$.detail", DeadLetterConfig={"Arn": undelivered.arn})

    bus.put({"id": "1"})

    message = undelivered.receive()
    assert json.loads(message["Body"])["detail"] == {"id": "1"}
    assert message["MessageAttributes"]["TARGET_ARN"]["StringValue"] == gone


def test_an_archive_of_a_stack_replays_its_events(
    cloud: Cloud, bus: Bus, make_queue: MakeQueue
) -> None:
    queue, stack = make_queue(), f"test-{uuid4()}"
    bus.rule(queue.arn, InputPath="$.detail")
    archive = {
        "Type": "AWS::Events::Archive",
        "Properties": {
            "SourceArn": bus.arn,
            "EventPattern": {"source": [{"prefix": "pay"}]},
            "RetentionDays": 7,
        },
    }
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName=stack,
        TemplateBody=json.dumps(
            {
                "Resources": {"Archive": archive},
                "Outputs": {
                    "Name": {"Value": {"Ref": "Archive"}},
                    "Arn": {"Value": {"Fn::GetAtt": ["Archive", "Arn"]}},
                },
            }
        ),
    )
    bus.on_exit.callback(cloudformation.delete_stack, StackName=stack)
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName=stack, WaiterConfig={"Delay": 0.2})
    (made,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}

    def archived() -> int:
        return int(bus.client.describe_archive(ArchiveName=outputs["Name"])["EventCount"])

    bus.put({"id": "1"})
    queue.receive()
    eventually(lambda: archived() == 1, "the event is in the archive")
    now = datetime.now(UTC)

    bus.client.start_replay(
        ReplayName=f"replay-{uuid4()}",
        EventSourceArn=outputs["Arn"],
        EventStartTime=now - timedelta(hours=1),
        EventEndTime=now + timedelta(hours=1),
        Destination={"Arn": bus.arn},
    )

    assert json.loads(queue.receive()["Body"]) == {"id": "1"}
    assert archived() == 1
