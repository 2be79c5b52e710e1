"""Compares what functions do with what their roles grant."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.servers.localstack import REGION
from tests.permissions.recording import Call, Recorded
from tests.templates.cloudformation import Stack, target, text
from tests.templates.gateways import Caller, routes
from tests.templates.roles import Grant, as_list, grants

_LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
_TRACE = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
_POLL = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_REFERENCE = re.compile(r"\$\{([\w.:]+)\}")
_ACCOUNT = "000000000000"
_ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{_ACCOUNT}:table/{{name}}",
    "AWS::Events::EventBus": f"arn:aws:events:{REGION}:{_ACCOUNT}:event-bus/{{name}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{_ACCOUNT}:{{name}}",
}
# Each stack of a template has its own.
_KEPT_AS_REFERENCES = ("Sender", "SenderIdentity")


@dataclass(frozen=True)
class Deployed:
    """A stack of the run, and its template as it would be on AWS."""

    stack: Stack
    recorded: Recorded
    grants: list[Grant]

    @classmethod
    def of(cls, template: Mapping[str, Any], recorded: Recorded) -> "Deployed":
        parameters = {**recorded.parameters, "LocalEndpointUrl": "", "LocalDatabaseUrl": ""}
        kept = {name: f"${{{name}}}" for name in _KEPT_AS_REFERENCES}
        stack = Stack(template, parameters | kept)
        return cls(stack, recorded, list(grants(stack)))

    def covers(self, grant: Grant, call: Call) -> bool:
        """Whether IAM would let the call through for this grant alone."""
        return (
            grant.function == call.function
            and _matches(grant.action, call.action)
            and _matches(self._physical(grant.resource), call.resource)
            and all(
                operator == "StringEquals" and call.context.get(key) in self._values(allowed)
                for operator, keys in grant.conditions.items()
                for key, allowed in keys.items()
            )
        )

    def _values(self, allowed: Any) -> list[str]:
        return [self._physical(text(value)) for value in as_list(allowed)]

    def _physical(self, written: str) -> str:
        """The text as CloudFormation fills it in; what there is on AWS only stays a reference."""
        return _REFERENCE.sub(lambda found: self._references.get(found[1], found[0]), written)

    @cached_property
    def _references(self) -> dict[str, str]:
        resources = self.recorded.resources
        ids = {name: resource.id for name, resource in resources.items()}
        arns = {
            f"{name}.Arn": _ARNS[resource.type].format(name=resource.id.rpartition("/")[2])
            for name, resource in resources.items()
            if resource.type in _ARNS
        }
        pseudo = {
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::AccountId": _ACCOUNT,
            "AWS::StackName": self.recorded.name,
        }
        return {**pseudo, **self.recorded.parameters, **ids, **arns}


def derived(stack: Stack) -> Iterator[Grant]:
    """What no call of the suite can show: Lambda's own calls with a function's role, and those to
    Aurora DSQL, which is not there locally.
    """
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        yield from _each(name, _LOG, _arn(function["LoggingConfig"]["LogGroup"]))
        if function["TracingConfig"]["Mode"] == "Active":
            yield from _each(name, _TRACE, "*")  # X-Ray has no resources to name
        endpoint = function["Environment"]["Variables"].get("DSQL_ENDPOINT")
        if endpoint:
            is_migration = function["Handler"].startswith("migrations.")
            connect = "dsql:DbConnectAdmin" if is_migration else "dsql:DbConnect"
            yield Grant(name, connect, f"${{{target(endpoint)}.ResourceArn}}")
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        queue = text(mapping["EventSourceArn"])
        yield from _each(target(mapping["FunctionName"]), _POLL, queue)


def without_grant(deployed: Deployed) -> Iterator[str]:
    for call in deployed.recorded.calls:
        if not any(deployed.covers(grant, call) for grant in deployed.grants):
            context = "".join(f" with {key}={value}" for key, value in call.context.items())
            yield f"{call.function}: {call.action} on {call.resource}{context}"
    yield from map(str, set(derived(deployed.stack)) - set(deployed.grants))


def unused(all_deployed: Iterable[Deployed]) -> set[str]:
    """What none of a template's stacks has needed."""
    granted, used = set[Grant](), set[Grant]()
    for deployed in all_deployed:
        granted.update(deployed.grants)
        used.update(derived(deployed.stack))
        used.update(
            grant
            for grant in deployed.grants
            if any(deployed.covers(grant, call) for call in deployed.recorded.calls)
        )
    return set(map(str, granted - used))


def wildcards(all_deployed: Iterable[Deployed]) -> set[str]:
    """But those that stand for a parameter in the path of a route, and X-Ray's."""
    return {
        str(grant)
        for deployed in all_deployed
        for grant in deployed.grants
        if "*" in grant.action + grant.resource
        and not (grant.action in _TRACE and grant.resource == "*")
        and not _is_of_route(grant, deployed.stack)
    }


def _is_of_route(grant: Grant, stack: Stack) -> bool:
    for route in routes(stack):
        path = route.arn.removeprefix(route.api)
        api = grant.resource.removesuffix(path)
        if api.endswith(f":${{{route.api}}}/v1") and "*" not in grant.action + api:
            return route.caller is Caller.SERVICE
    return False


def _each(function: str, actions: Iterable[str], resource: str) -> Iterator[Grant]:
    return (Grant(function, action, resource) for action in actions)


def _arn(reference: Any) -> str:
    return f"${{{target(reference)}.Arn}}"


def _matches(pattern: str, value: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), value))
