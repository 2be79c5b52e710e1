"""The diagrams of docs/apigw.md show what the template makes: no route, function or right more,
and none less.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from local.paths import ROOT
from tests.templates.cloudformation import Stack, referred, target
from tests.templates.conftest import deployed
from tests.templates.gateways import PREFLIGHT, documents, public_api, routes
from tests.templates.test_functions import allowed, functions

type Edges = dict[tuple[str, str], set[str]]
"""Lines of the label by where an arrow begins and ends."""

DIAGRAM = re.compile(r"^## `Topology=(\w+)`\n\n```mermaid\nflowchart LR\n(.*?)```", re.M | re.S)
NODE = re.compile(r"(\w+)(?:\[.+\]|\{\{.+\}\}|\(\[.+\]\))")
EDGE = re.compile(r'(\w+) (?:-- "(.+)" -->|-\. "(.+)" \.->|-->) (\w+)')
AROUND = re.compile(r"subgraph \w+|end")
# Nodes that are no resources of the template.
OUTSIDE = {"Client", "Schedule", "SES"}


def drawn(topology: str) -> tuple[set[str], Edges]:
    """Nodes and arrows of the topology's diagram."""
    text = dict(DIAGRAM.findall((ROOT / "docs" / "apigw.md").read_text()))[topology]
    nodes: set[str] = set()
    edges: Edges = {}
    for line in text.strip().splitlines():
        if node := NODE.fullmatch(line.strip()):
            nodes.add(node[1])
        elif edge := EDGE.fullmatch(line.strip()):
            start, solid, dotted, end = edge.groups()
            assert (start, end) not in edges, f"{line}: drawn twice"
            label = (solid or dotted or "").split("<br>")
            edges[start, end] = {item for item in label if item not in ("", "signed:")}
        else:
            assert AROUND.fullmatch(line.strip()), f"{line}: not understood"
    return nodes, edges


def deployed_edges(stack: Stack) -> Edges:
    edges: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for start, end, label in (*_ways_in(stack), *_ways_on(stack)):
        edges[start, end] |= label
    return dict(edges)


def _ways_in(stack: Stack) -> Iterator[tuple[str, str, set[str]]]:
    """To the gateways, from there to functions, and from the schedule."""
    yield "Client", public_api(stack), {"bearer token"}
    for api, document in documents(stack).items():
        for scheme in document["securityDefinitions"].values():
            if authorizer := scheme.get("x-amazon-apigateway-authorizer"):
                (function,) = referred(authorizer["authorizerUri"])
                yield api, function, {"authorizes"}
    for route in routes(stack):
        if route.method != PREFLIGHT:
            yield route.api, route.function, {f"{route.method} {route.path}"}
    for rule in stack.of_type("AWS::Events::Rule").values():
        for invoked in rule["Targets"]:
            yield "Schedule", target(invoked["Arn"]), set()


def _ways_on(stack: Stack) -> Iterator[tuple[str, str, set[str]]]:
    """From the functions to what their rights are for."""
    for name, function in functions(stack).items():
        for action, resource in allowed(stack, target(function["Role"])):
            match action.partition(":")[0]:
                case "execute-api":
                    api, method, path = resource.split("/", 2)
                    yield name, api, {f"{method} /{path}"}
                case "dynamodb" | "dsql":
                    yield name, resource.partition("/")[0], set()
                case "ses":
                    yield name, "SES", set()
                case other:
                    assert other == "ssm", action  # settings: no arrow


@pytest.mark.parametrize("topology", ["single", "multiple"])
def test_the_diagram_shows_the_gateways_functions_and_stores_of_its_topology(
    topology: str,
) -> None:
    stack = deployed(f"apigw-{topology}")
    kinds = ("ApiGateway::RestApi", "Lambda::Function", "DynamoDB::Table", "DSQL::Cluster")
    nodes, edges = drawn(topology)

    assert nodes == OUTSIDE | {name for kind in kinds for name in stack.of_type(f"AWS::{kind}")}
    assert {end for ends in edges for end in ends} == nodes


@pytest.mark.parametrize("topology", ["single", "multiple"])
def test_the_arrows_are_the_routes_and_the_rights_of_the_topology(topology: str) -> None:
    _, edges = drawn(topology)

    assert edges == deployed_edges(deployed(f"apigw-{topology}"))
