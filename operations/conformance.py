"""Runs the conformance suite against stacks that are deployed, and compares them with each other.

The suite pays as customers of its own, whose policies, payments and leads stay in the stacks.
"""

import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace

from local.paths import ROOT
from operations.confirm import add_yes, confirmed
from operations.errors import Failed
from operations.stack import chosen

_TESTS = ("conformance", "paying", "bad_requests", "identity", "cors", "overview", "receipt")
_PATIENCE_S = 180
"""A retry of a step that failed once, for a cold start perhaps, comes after a minute."""


def add_options(parser: ArgumentParser) -> None:
    add_yes(parser)


def run(options: Namespace) -> int:
    names = (options.stack or "").split() or [None]
    stacks = [chosen(Namespace(**(vars(options) | {"stack": name}))) for name in names]
    for stack in stacks:
        if "ApiUrl" not in stack.outputs:
            raise Failed(f"{stack.name} has no API to pay through: it is in {stack.status}")
        print(f"{stack.name} in {stack.place.name}")
    if not confirmed(options, "Pay there as the tests' customers?"):
        return 1
    given = {
        "TEST_STACKS": " ".join(stack.name for stack in stacks),
        "TEST_LOCAL": "1" if options.local else "",
        "TEST_PATIENCE_SECONDS": str(_PATIENCE_S),
        **({"AWS_PROFILE": options.profile} if options.profile else {}),
    }
    tests = [f"tests/e2e/test_{name}.py" for name in _TESTS]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *tests], cwd=ROOT, env=os.environ | given, check=False
    )
    return done.returncode
