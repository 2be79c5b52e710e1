"""A stack to measure, in a local cloud of its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.config import Config

from local.build import Build
from local.cloud import Cloud, running
from local.issuer import Issuer, local_issuer
from local.stack import Stack, deploy
from local.variants import VARIANTS

VARIANT = VARIANTS["decouple"]
CUSTOMER = "C-10001"


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


@contextmanager
def deployed() -> Iterator[World]:
    """The variant in a fresh local cloud, until the end of the block."""
    with running() as cloud:
        yield World(cloud, deploy(cloud, VARIANT))


def built() -> Path:
    """The folder that holds the layers for this machine."""
    with Build(VARIANT) as build:
        return build.wait().template.parent


def invoke(client: Any, function: str, event: Any, **options: Any) -> dict[str, Any]:
    """The answer of a call that must succeed."""
    answer: dict[str, Any] = client.invoke(
        FunctionName=function, Payload=json.dumps(event), **options
    )
    if "FunctionError" in answer:
        raise RuntimeError(f"{function} failed: {answer['Payload'].read().decode()}")
    return answer
