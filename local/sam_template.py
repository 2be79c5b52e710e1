"""The part of a deployed template that `sam local` understands, as it understands it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from local.paths import ROOT
from local.templates import Stack, read

_INIT_SECONDS = 10
"""Lambda gives them to the start of a function, besides its time-out; SAM takes both together."""
_TOKEN: dict[str, list[str]] = {"BearerToken": []}


def adapted(built: Path, parameters: Mapping[str, str], variables: Iterable[str]) -> dict[str, Any]:
    """Functions with their sources and layers, and the routes of the public API; all functions have
    these environment variables too.
    """
    stack = Stack(read(built), parameters)
    functions = stack.resolve(stack.template["Globals"]["Function"])
    functions["CodeUri"] = str(ROOT / "src")
    functions["Timeout"] += _INIT_SECONDS
    functions["Environment"]["Variables"] |= dict.fromkeys(variables, "")
    resources = {}
    for name, resource in stack.resources.items():
        match resource:
            case {"Type": "AWS::Serverless::Function", "Properties": properties}:
                _adapt_function(properties)
            case {"Type": "AWS::Serverless::LayerVersion", "Properties": properties}:
                properties["ContentUri"] = str(built.parent / Path(properties["ContentUri"]).stem)
            case {"Type": "AWS::Serverless::Api", "Properties": {"DefinitionBody": body}}:
                body["paths"] = {path: _public(item) for path, item in body["paths"].items()}
            case {"Type": "AWS::Serverless::Api"}:
                """Its routes are events of functions."""
            case _:
                continue
        resources[name] = resource
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {"Function": functions},
        "Resources": resources,
    }


def _adapt_function(function: dict[str, Any]) -> None:
    if "Timeout" in function:
        function["Timeout"] += _INIT_SECONDS
    events = function.get("Events", {})
    # SAM gives the methods of a path one authorizer: the preflight's none, or it the others'.
    function["Events"] = {
        name: event
        for name, event in events.items()
        if event["Type"] == "Api" and "Auth" not in event["Properties"]
    }


def _public(path: Mapping[str, Any]) -> dict[str, Any]:
    """The methods that want a bearer token: SAM checks no signatures, and answers no preflight."""
    return {method: each for method, each in path.items() if _TOKEN in each["security"]}
