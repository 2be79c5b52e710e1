"""The REST APIs of a stack: their routes, who may call each, and the function behind it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Any

from tests.templates.cloudformation import Stack, referred, text

PREFLIGHT = "OPTIONS"


class Caller(StrEnum):
    ANYBODY = auto()
    CUSTOMER = auto()
    """With a bearer token."""
    SERVICE = auto()
    """With a signature (SigV4)."""


@dataclass(frozen=True)
class Route:
    api: str
    """The API's logical id."""
    method: str
    path: str
    caller: Caller
    operation: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def integration(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.operation["x-amazon-apigateway-integration"]
        return found

    @property
    def function(self) -> str:
        (name,) = referred(self.integration["uri"])
        return name

    @property
    def arn(self) -> str:
        """API, method and path, as the ARN of an execution names them after the stage."""
        return f"{self.api}/{self.method}{re.sub(r'{[^}]+}', '*', self.path)}"


def documents(stack: Stack) -> dict[str, dict[str, Any]]:
    """Each API's OpenAPI 2 document."""
    return {
        name: properties["Body"]
        for name, properties in stack.of_type("AWS::ApiGateway::RestApi").items()
    }


def public_api(stack: Stack) -> str:
    """The logical id of the API that customers call."""
    (name,) = referred(stack.outputs["ApiUrl"]) - stack.of_type("AWS::ApiGateway::Stage").keys()
    return name


def routes(stack: Stack) -> list[Route]:
    return [
        Route(api, method.upper(), path, _caller(operation, document), operation)
        for api, document in documents(stack).items()
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def executions(arn: Any) -> str:
    """An ARN of executions without account and stage: like `Route.arn`."""
    found = re.fullmatch(r"arn:[^/]+:\$\{(\w+)\}/[^/]+/(.+)", text(arn))
    assert found, f"{arn} names no method"
    return "/".join(found.groups())


def _caller(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Caller:
    # API Gateway passes over a scheme that is not defined, such as the NONE that SAM writes.
    schemes = [
        document["securityDefinitions"][name]
        for requirement in operation["security"]
        for name in requirement
        if name in document["securityDefinitions"]
    ]
    match schemes:
        case []:
            return Caller.ANYBODY
        case [{"x-amazon-apigateway-authorizer": _}]:
            return Caller.CUSTOMER
        case [{"x-amazon-apigateway-authtype": "awsSigv4"}]:
            return Caller.SERVICE
    raise AssertionError(f"{schemes} is no scheme of ours")
