"""A deployed stack, as CloudFormation describes it."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, EndpointConnectionError

from local.templates import parse
from operations.errors import Failed
from operations.place import Place, places


class Resource(NamedTuple):
    type: str
    id: str
    """The physical one: a function's name, a queue's URL."""


@dataclass(frozen=True)
class Stack:
    name: str
    place: Place
    status: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    resources: Mapping[str, Resource]
    """By their logical ids."""

    def of_type(self, kind: str) -> dict[str, str]:
        """The physical ids of its resources of this type, by their logical ids."""
        return {name: each.id for name, each in self.resources.items() if each.type == kind}

    def function(self, name: str) -> str:
        """The logical id of the function that is meant: SalesConsumer or SalesConsumerFunction."""
        functions = sorted(self.of_type("AWS::Lambda::Function"))
        wanted = f"{name.removesuffix('Function')}Function"
        if wanted not in functions:
            raise Failed(f"{self.name} has no {wanted}, but {', '.join(functions)}")
        return wanted

    def retained(self) -> list[str]:
        """The logical ids of what outlives the stack; versions go with their functions."""
        if not self.resources:
            return []  # of a change set that was never executed there is no template
        cloudformation = self.place.client("cloudformation")
        answer = cloudformation.get_template(StackName=self.name, TemplateStage="Processed")
        body = answer["TemplateBody"]  # decoded by boto3 where it is JSON
        resources = (parse(body) if isinstance(body, str) else body)["Resources"]
        return sorted(
            name
            for name, resource in self.resources.items()
            if resource.type != "AWS::Lambda::Version"
            and resources.get(name, {}).get("DeletionPolicy", "").startswith("Retain")
        )


def find(place: Place, name: str) -> Stack | None:
    """The stack of this name, in whichever state."""
    cloudformation = place.client("cloudformation")
    try:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    return Stack(
        stack["StackName"],
        place,
        stack["StackStatus"],
        _values(stack.get("Outputs", ()), "Output"),
        _values(stack.get("Parameters", ()), "Parameter"),
        {
            each["LogicalResourceId"]: Resource(each["ResourceType"], each["PhysicalResourceId"])
            for page in pages
            for each in page["StackResourceSummaries"]
            if "PhysicalResourceId" in each  # of which there is none until it is made
        },
    )


def chosen(options: Namespace) -> Stack:
    """The stack that the command's options name."""
    if not (options.stack or options.variant):
        raise Failed("which stack? Name a VARIANT, or a STACK")
    looked_at: list[str] = []
    for place in places(options.profile, local=options.local):
        name = options.stack or place.stack_name(options.variant)
        try:
            if stack := find(place, name):
                return stack
        except EndpointConnectionError:
            if not place.cloud:
                raise
            continue  # it has just stopped
        looked_at.append(f"there is no stack {name} in {place.name}")
    raise Failed("\n".join(looked_at) or "the local cloud has just stopped")


def _values(described: Any, kind: str) -> dict[str, str]:
    return {each[f"{kind}Key"]: each.get(f"{kind}Value", "") for each in described}
