"""The patterns' diagrams and routes in docs show what the templates make: no route, function or
right more, and none less.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from local.paths import ROOT
from local.variants import VARIANTS, Variant
from tests.templates.channels import kind, rules, schedules, subscriptions
from tests.templates.cloudformation import Stack, referred, target
from tests.templates.conftest import deployed
from tests.templates.gateways import PREFLIGHT, Caller, documents, executions, public_api, routes
from tests.templates.roles import grants

type Edges = dict[tuple[str, str], str]
"""Labels by where an arrow begins and ends."""
type Routes = dict[tuple[str, str], tuple[set[str], str]]
"""Callers and function by API, and method and path."""

# Document and heading.
DIAGRAMS = {
    "decouple": ("decouple.md", "Structure"),
    "apigw-single": ("apigw.md", "`Topology=single`"),
    "apigw-multiple": ("apigw.md", "`Topology=multiple`"),
    "pubsub-sns": ("pubsub.md", "`Channel=sns`"),
    "pubsub-three-events": ("pubsub.md", "`Channel=eventbridge-three-events`"),
    "pubsub-one-event": ("pubsub.md", "`Channel=eventbridge-one-event`"),
}
NODE = re.compile(r"(\w+)(?:\[[\[(]?|\{\{|\(\[)(.+?)(?:[\])]?\]|\}\}|\]\))")
EDGE = re.compile(r'(\w+) (?:-- "(.+)" -->|-\. "(.+)" \.->|-->) (\w+)')
AROUND = re.compile(r"subgraph \w+|end")
ROW = re.compile(r"^\| `\w+ /.+$", re.M)
KINDS = (
    "ApiGateway::RestApi",
    "DSQL::Cluster",
    "DynamoDB::Table",
    "Events::Archive",
    "Lambda::Function",
    "SNS::Topic",
    "SQS::Queue",
)
# Nodes that are no resources of the template.
OUTSIDE = {"Client", "DefaultBus", "Schedule", "SES"}
each_variant = pytest.mark.parametrize(
    "variant", VARIANTS.values(), ids=VARIANTS, indirect=True, scope="session"
)


def drawn(variant: Variant) -> tuple[dict[str, str], Edges]:
    """Nodes with their text, and arrows, of the variant's diagram."""
    document, heading = DIAGRAMS[variant.name]
    _, _, text = (ROOT / "docs" / document).read_text().partition(f"## {heading}\n\n")
    diagram, _, _ = text.removeprefix("```mermaid\nflowchart LR\n").partition("```")
    nodes: dict[str, str] = {}
    edges: Edges = {}
    for line in diagram.splitlines():
        if node := NODE.fullmatch(line.strip()):
            nodes[node[1]] = node[2]
        elif edge := EDGE.fullmatch(line.strip()):
            start, solid, dotted, end = edge.groups()
            assert (start, end) not in edges, f"{line}: drawn twice"
            edges[start, end] = solid or dotted or ""
        else:
            assert AROUND.fullmatch(line.strip()), f"{line}: not understood"
    return nodes, edges


def tabulated(topology: str) -> Routes:
    found: Routes = {}
    for row in ROW.findall((ROOT / "docs" / "apigw.md").read_text()):
        cells = (re.findall(r"`([^`]+)`", cell) for cell in row.strip("|").split("|"))
        single, multiple, callers, (function,) = cells
        api, route = ["PaymentsApi", *single] if topology == "single" else multiple
        assert (api, route) not in found, f"{row}: there twice"
        found[api, route] = set(callers), function
    return found


def deployed_edges(stack: Stack) -> Edges:
    return dict((*_ways_in(stack), *_ways_on(stack), *_ways_through(stack)))


def _ways_in(stack: Stack) -> Iterator[tuple[tuple[str, str], str]]:
    """To the gateways, from there to functions, and from schedules and queues."""
    yield ("Client", public_api(stack)), "token"
    for api, document in documents(stack).items():
        for scheme in document["securityDefinitions"].values():
            if authorizer := scheme.get("x-amazon-apigateway-authorizer"):
                (function,) = referred(authorizer["authorizerUri"])
                yield (api, function), "asks"
    for route in routes(stack):
        yield (route.api, route.function), ""
    for schedule in schedules(stack).values():
        for invoked in schedule["Targets"]:
            yield ("Schedule", target(invoked["Arn"])), ""
    for source in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        yield (target(source["EventSourceArn"]), target(source["FunctionName"])), ""
    for name, queue in stack.of_type("AWS::SQS::Queue").items():
        if redrive := queue.get("RedrivePolicy"):
            yield (name, target(redrive["deadLetterTargetArn"])), "given up"


def _ways_on(stack: Stack) -> Iterator[tuple[tuple[str, str], str]]:
    """From the functions to what their rights are for."""
    for name, action, resource in rights(stack):
        match action.partition(":")[0]:
            case "execute-api":
                yield (name, resource.partition("/")[0]), "signed"
            case "dynamodb" | "dsql":
                yield (name, resource.partition("/")[0]), ""
            case "sqs":
                if action == "sqs:SendMessage":  # the others are the event source's
                    yield (name, resource), ""
            case "sns":
                yield (name, resource), ""
            case "events":
                assert resource == "event-bus/default"
                yield (name, "DefaultBus"), ""
            case "ses":
                yield (name, "SES"), ""
            case other:
                assert other == "ssm", action  # settings: no arrow


def _ways_through(stack: Stack) -> Iterator[tuple[tuple[str, str], str]]:
    """From topics and buses to queues; a rule's arrow has the type of its events."""
    for subscription in subscriptions(stack).values():
        topic = target(subscription["TopicArn"])
        yield (topic, target(subscription["Endpoint"])), ""
        yield (topic, target(subscription["RedrivePolicy"]["deadLetterTargetArn"])), "undelivered"
    for rule in rules(stack).values():
        (invoked,) = rule["Targets"]
        yield ("DefaultBus", target(invoked["Arn"])), kind(rule)
        yield ("DefaultBus", target(invoked["DeadLetterConfig"]["Arn"])), "undelivered"
    for name in stack.of_type("AWS::Events::Archive"):
        yield ("DefaultBus", name), ""


def deployed_routes(stack: Stack) -> Routes:
    callers = defaultdict(set)
    for name, action, resource in rights(stack):
        if action == "execute-api:Invoke":
            callers[resource].add(name)
    return {
        (route.api, f"{route.method} {route.path}"): (
            {"Client"} if route.caller is Caller.CUSTOMER else callers[route.arn],
            route.function,
        )
        for route in routes(stack)
        if route.method != PREFLIGHT
    }


def rights(stack: Stack) -> Iterator[tuple[str, str, str]]:
    """Function, action and resource, without those to log and to trace."""
    for grant in grants(stack):
        if not grant.action.startswith(("logs:", "xray:")):
            yield grant.function, grant.action, named(grant.resource)


def named(arn: str) -> str:
    """What an ARN names: a resource of the template, or a part of it, or of another service."""
    if ":execute-api:" in arn:
        return executions(arn)
    return re.sub(r"\$\{(\w+)(\.\w+)?\}", r"\1", arn.rpartition(":${AWS::AccountId}:")[2])


@each_variant
def test_the_diagram_shows_the_variants_gateways_functions_queues_and_stores(
    variant: Variant, stack: Stack
) -> None:
    resources = {name for kind in KINDS for name in stack.of_type(f"AWS::{kind}")}
    nodes, edges = drawn(variant)

    assert nodes.keys() - OUTSIDE == resources
    assert {nodes[name].replace("<br>", "") for name in resources} == resources
    assert {end for ends in edges for end in ends} == nodes.keys()


@each_variant
def test_the_arrows_are_the_variants_calls_and_rights(variant: Variant, stack: Stack) -> None:
    _, edges = drawn(variant)

    assert edges == deployed_edges(stack)


@pytest.mark.parametrize("topology", ["single", "multiple"])
def test_the_table_has_the_routes_of_the_topology_and_who_may_call_each(topology: str) -> None:
    assert tabulated(topology) == deployed_routes(deployed(f"apigw-{topology}"))
