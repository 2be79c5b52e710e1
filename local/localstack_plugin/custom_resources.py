"""CloudFormation custom resources backed by a Lambda function, which open-source LocalStack lacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import json
from typing import Any, ClassVar
from uuid import uuid4

from localstack.aws.connect import connect_externally_to
from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

_ANSWERS = "cloudformation-custom-resource-answers"


class CustomResourceProvider(ResourceProvider):  # type: ignore[misc]  # LocalStack has no types
    """Invokes the function that ServiceToken names and reads what it puts at ResponseURL."""

    SCHEMA: ClassVar = {"primaryIdentifier": ["/properties/PhysicalResourceId"]}

    def create(self, request: ResourceRequest) -> ProgressEvent:
        return self._call("Create", request, request.desired_state)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        previous = request.previous_state or {}
        return self._call("Update", request, request.desired_state, previous)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        previous = request.previous_state or request.desired_state
        return self._call("Delete", request, previous, previous)

    def _call(
        self,
        request_type: str,
        request: ResourceRequest,
        properties: dict[str, Any],
        previous: dict[str, Any] | None = None,
    ) -> ProgressEvent:
        s3 = connect_externally_to(
            region_name=request.region_name, aws_access_key_id=request.account_id
        ).s3
        s3.create_bucket(Bucket=_ANSWERS)
        place = {"Bucket": _ANSWERS, "Key": str(uuid4())}
        event = {
            "RequestType": request_type,
            "ServiceToken": properties["ServiceToken"],
            "RequestId": str(uuid4()),
            "ResponseURL": s3.generate_presigned_url("put_object", place),
            "StackId": request.stack_id,
            "LogicalResourceId": request.logical_resource_id,
            "ResourceType": request.resource_type,
            "ResourceProperties": _strings(properties),
        }
        if previous:
            event["PhysicalResourceId"] = previous.get("PhysicalResourceId")
            event["OldResourceProperties"] = _strings(previous)
        # CloudFormation invokes asynchronously and waits for an hour; here a function that ends
        # without an answer fails the resource at once.
        reply = request.aws_client_factory.lambda_.invoke(
            FunctionName=properties["ServiceToken"], Payload=json.dumps(event)
        )
        try:
            answer = json.loads(s3.get_object(**place)["Body"].read())
        except s3.exceptions.NoSuchKey:
            message = f"no answer from {properties['ServiceToken']}: {reply['Payload'].read()!r}"
            return ProgressEvent(OperationStatus.FAILED, resource_model={}, message=message)
        if answer["Status"] != "SUCCESS":
            return ProgressEvent(
                OperationStatus.FAILED, resource_model={}, message=answer.get("Reason", "")
            )
        model = properties | answer.get("Data", {})
        model["PhysicalResourceId"] = answer["PhysicalResourceId"]
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def _strings(value: Any) -> Any:
    """CloudFormation sends numbers and booleans to custom resources as strings."""
    match value:
        case dict():
            return {key: _strings(item) for key, item in value.items()}
        case list():
            return [_strings(item) for item in value]
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case _:
            return value


class CustomResourcePlugin(CloudFormationResourceProviderPlugin):  # type: ignore[misc]
    name = "AWS::CloudFormation::CustomResource"

    def __init__(self) -> None:
        self.factory: type[ResourceProvider] | None = None

    def load(self) -> None:
        self.factory = CustomResourceProvider
