"""A stack as CloudFormation describes it, whatever has made it."""

import json
from argparse import Namespace
from collections.abc import Iterator
from uuid import uuid4

import pytest

from local import stack as local_stack
from local.cloud import Cloud
from operations import delete
from operations.place import Place
from operations.stack import Stack, find

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    },
}
TEMPLATE = {
    "Parameters": {"Channel": {"Type": "String", "Default": "sns"}},
    "Resources": {
        "KeptTable": TABLE | {"DeletionPolicy": "RetainExceptOnCreate"},
        "LostTable": TABLE,
        "SalesDeadLetterQueue": {"Type": "AWS::SQS::Queue"},
    },
    "Outputs": {"SalesDeadLetterQueueUrl": {"Value": {"Ref": "SalesDeadLetterQueue"}}},
}


@pytest.fixture(params=["JSON", "YAML"])
def stack(cloud: Cloud, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Of a template that CloudFormation gives back as it is, in either language."""
    body = json.dumps(TEMPLATE)
    if request.param == "YAML":
        body = f"# JSON is YAML, but for this line\n{body}"
    name = f"described-{uuid4()}"
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=body)
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300}
    )
    found = find(Place.local(cloud), name)
    assert found
    yield found
    local_stack.delete(cloud, name)


def test_a_stack_has_parameters_outputs_and_resources(stack: Stack) -> None:
    queue = stack.resources["SalesDeadLetterQueue"]

    assert stack.status == "CREATE_COMPLETE"
    assert stack.parameters == {"Channel": "sns"}
    assert stack.outputs == {"SalesDeadLetterQueueUrl": queue.id}
    assert stack.of_type("AWS::SQS::Queue") == {"SalesDeadLetterQueue": queue.id}
    assert stack.of_type("AWS::DynamoDB::Table").keys() == {"KeptTable", "LostTable"}


def test_a_stack_that_is_not_there_is_none(cloud: Cloud) -> None:
    assert find(Place.local(cloud), "nothing-of-the-kind") is None


def test_what_outlives_the_stack_is_told_from_what_does_not(
    stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.place.client("sqs").send_message(
        QueueUrl=stack.outputs["SalesDeadLetterQueueUrl"], MessageBody="given up"
    )
    monkeypatch.setattr(delete, "chosen", lambda _: stack)
    monkeypatch.setattr("builtins.input", lambda _: "n")

    assert delete.run(Namespace(yes=False)) == 1

    kept, lost = capsys.readouterr().out.split("Lost:")
    assert stack.resources["KeptTable"].id in kept
    assert "LostTable, and all that is in it" in lost
    assert "the messages in SalesDeadLetterQueue: 1" in lost
    assert find(stack.place, stack.name)
