"""A function imports no library that it has no use for: each import is part of its cold start."""

import json
import os
import subprocess
import sys
from functools import cache

from local.paths import ROOT
from tests.templates.cloudformation import Stack

_SOURCES = ROOT / "src"
_SERVICES = {"payments", "customer", "sales", "communication", "audit", "migrations"}
_PRINT_IMPORTED = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""


@cache
def imported(module: str) -> frozenset[str]:
    """In a Python of its own, and the packages that they are of."""
    done = subprocess.run(
        [sys.executable, "-c", _PRINT_IMPORTED, module],
        env=os.environ | {"PYTHONPATH": str(_SOURCES), "AWS_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(json.loads(done.stdout))


def modules(stack: Stack) -> dict[str, str]:
    """What each function is imported from."""
    functions = stack.of_type("AWS::Lambda::Function")
    return {name: function["Handler"].rpartition(".")[0] for name, function in functions.items()}


def test_only_who_connects_to_the_database_imports_its_driver(stack: Stack) -> None:
    functions = stack.of_type("AWS::Lambda::Function")
    for name, module in modules(stack).items():
        connects = "DSQL_ENDPOINT" in functions[name]["Environment"]["Variables"]
        assert connects or "psycopg" not in imported(module), name


def test_only_an_api_imports_what_routes_requests(stack: Stack) -> None:
    for name, module in modules(stack).items():
        routes = "aws_lambda_powertools.event_handler" in imported(module)
        assert routes == name.endswith("ApiFunction"), name


def test_only_a_consumer_imports_what_tells_of_batches(stack: Stack) -> None:
    for name, module in modules(stack).items():
        tells = "aws_lambda_powertools.utilities.batch" in imported(module)
        assert tells == name.endswith("ConsumerFunction"), name


def test_a_function_imports_no_service_but_its_own(stack: Stack) -> None:
    for name, module in modules(stack).items():
        own = module.partition(".")[0]
        assert not (_SERVICES - {own}) & imported(module), name


def test_the_authorizer_imports_neither_boto3_nor_pydantic() -> None:
    assert not {"boto3", "botocore", "pydantic"} & imported("authorizer.handler")
