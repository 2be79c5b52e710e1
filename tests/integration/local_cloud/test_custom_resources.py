"""Custom resources: CloudFormation asks a function, and believes its answer."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from tests.eventually import eventually
from tests.integration.local_cloud.conftest import Function

ANSWERING = """
    import json, urllib.request

    def handler(event, context):
        if event["ResourceProperties"].get("Fate") == "raise":
            raise RuntimeError("no answer")
        refuses = event["ResourceProperties"].get("Fate") == "refuse"
        answer = {
            "Status": "FAILED" if refuses else "SUCCESS",
            "Reason": "it is refused" if refuses else "",
            "PhysicalResourceId": "thing",
            "Data": {"Kind": event["RequestType"], "Size": event["ResourceProperties"]["Size"]},
        }
        urllib.request.urlopen(urllib.request.Request(
            event["ResponseURL"], json.dumps(answer).encode(), {"Content-Type": ""}, method="PUT"))
"""

type Deploy = Callable[..., dict[str, Any]]


@pytest.fixture
def deploy(cloud: Cloud, make_function: Callable[..., Function]) -> Iterator[Deploy]:
    """Makes a stack with one custom resource; answers the stack when it is made or has failed."""
    cloudformation = cloud.client("cloudformation")
    name = f"test-{uuid4()}"

    def make(**properties: object) -> dict[str, Any]:
        thing = {
            "Type": "Custom::Thing",
            "Properties": {"ServiceToken": make_function(ANSWERING).arn, "Size": 3, **properties},
        }
        outputs = {
            "Kind": {"Value": {"Fn::GetAtt": ["Thing", "Kind"]}},
            "Size": {"Value": {"Fn::GetAtt": ["Thing", "Size"]}},
            "Id": {"Value": {"Ref": "Thing"}},
        }
        template = json.dumps({"Resources": {"Thing": thing}, "Outputs": outputs})
        cloudformation.create_stack(StackName=name, TemplateBody=template)

        def ended() -> dict[str, Any] | None:
            (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
            return stack if not stack["StackStatus"].endswith("IN_PROGRESS") else None

        return eventually(ended, "the stack is made or has failed")

    yield make
    cloudformation.delete_stack(StackName=name)


def reasons(cloud: Cloud, stack: dict[str, Any]) -> str:
    events = cloud.client("cloudformation").describe_stack_events(StackName=stack["StackName"])
    return " ".join(event.get("ResourceStatusReason", "") for event in events["StackEvents"])


def test_the_functions_answer_is_the_resource(deploy: Deploy) -> None:
    stack = deploy()

    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert outputs == {"Kind": "Create", "Size": "3", "Id": "thing"}


@pytest.mark.parametrize(("fate", "reason"), [("refuse", "it is refused"), ("raise", "no answer")])
def test_a_refusal_and_a_function_that_ends_without_an_answer_fail_the_stack(
    cloud: Cloud, deploy: Deploy, fate: str, reason: str
) -> None:
    stack = deploy(Fate=fate)

    assert "FAILED" in stack["StackStatus"] or "ROLLBACK" in stack["StackStatus"]
    assert reason in reasons(cloud, stack)
