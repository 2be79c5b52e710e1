"""The calls of the functions in the last run of the whole end-to-end suite, in a file that outlives
the run's cloud.

A run of some of its tests leaves the file alone, and so does one that fails. The file is of no use
any more when something has changed that decides which calls there are. The roles do not: what they
grant may be changed, and compared again.
"""

import hashlib
import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud import Cloud
from local.paths import ROOT, STATE
from local.templates import read
from local.variants import VARIANTS
from operations.stack import Resource

FILE = STATE / "function-calls.json"
_SUITE = ROOT / "tests" / "e2e"
_CODE = [ROOT / "src", ROOT / "local" / "localstack_plugin", _SUITE]
_NARROWING = ("keyword", "markexpr", "lf", "deselect", "ignore", "ignore_glob", "stepwise")


class NoRecording(Exception):
    """There is none, or it is of other sources than those that are here now."""


@dataclass(frozen=True)
class Call:
    function: str
    """The function's logical id."""
    action: str
    resource: str
    """An ARN; the path of a method as the API has it: `/payments/{requestId}`."""
    context: Mapping[str, str]
    """Condition keys."""


@dataclass(frozen=True)
class Recorded:
    """A stack of the run."""

    name: str
    parameters: Mapping[str, str]
    resources: Mapping[str, Resource]
    """By their logical ids."""
    calls: list[Call]

    @property
    def functions(self) -> set[str]:
        return {
            name for name, each in self.resources.items() if each.type == "AWS::Lambda::Function"
        }


def is_of_whole_suite(paths: Sequence[str], options: Namespace) -> bool:
    """Whether pytest runs all of its tests, given these arguments."""
    if any(getattr(options, name, None) for name in _NARROWING):
        return False
    return any(_SUITE.is_relative_to(Path(path).resolve()) for path in paths)


def sources() -> str:
    """A digest of what decides which calls there are."""
    digest = hashlib.sha256()
    for path in sorted(path for folder in _CODE for path in folder.rglob("*.py")):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    for path in sorted({variant.template for variant in VARIANTS.values()}):
        template = read(path)
        template["Resources"] = {
            name: resource
            for name, resource in template["Resources"].items()
            if not resource["Type"].startswith("AWS::IAM::")
        }
        digest.update(json.dumps(template, sort_keys=True).encode())
    return digest.hexdigest()


def keep(cloud: Cloud, sources: str) -> None:
    """Of the cloud's stacks, which were deployed from these sources."""
    log = cloud.localstack.function_calls.read_text()
    cloudformation = cloud.client("cloudformation")
    resources = cloudformation.get_paginator("list_stack_resources")
    stacks = [
        {
            "name": stack["StackName"],
            "parameters": {
                p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", ())
            },
            "resources": {
                each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"])
                for page in resources.paginate(StackName=stack["StackName"])
                for each in page["StackResourceSummaries"]
                if "PhysicalResourceId" in each
            },
        }
        for page in cloudformation.get_paginator("describe_stacks").paginate()
        for stack in page["Stacks"]
        if stack["StackStatus"] != "DELETE_COMPLETE"
    ]
    calls = [json.loads(line) for line in log.splitlines()]
    recording = {"sources": sources, "stacks": stacks, "calls": calls}
    FILE.write_text(json.dumps(recording, indent=1))


def load() -> list[Recorded]:
    if not FILE.exists():
        raise NoRecording("The end-to-end suite has not run yet: make test")
    recording = json.loads(FILE.read_text())
    if recording["sources"] != sources():
        raise NoRecording("The end-to-end suite ran with other sources than these: make test")
    return [_recorded(stack, recording["calls"]) for stack in recording["stacks"]]


def _recorded(stack: dict[str, Any], calls: list[dict[str, Any]]) -> Recorded:
    resources = {name: Resource(*each) for name, each in stack["resources"].items()}
    functions = {resource.id: name for name, resource in resources.items()}
    return Recorded(
        stack["name"],
        stack["parameters"],
        resources,
        [
            Call(functions[c["function"]], c["action"], c["resource"], dict(c["context"]))
            for c in calls
            if c["function"] in functions
        ],
    )
