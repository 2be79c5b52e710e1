"""What is made of a template for `sam local`, and where samconfig.toml says that it is."""

import tomllib
from typing import Any

import pytest

from local.containers import HOST
from local.paths import ROOT
from local.sam_template import adapted
from local.variants import VARIANTS, Variant
from tests.templates.cloudformation import Stack
from tests.templates.conftest import LOCALLY

CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())
INIT_SECONDS = 10


@pytest.fixture
def template(variant: Variant) -> dict[str, Any]:
    return adapted(variant.template, LOCALLY | dict(variant.parameters), ["AWS_ACCESS_KEY_ID"])


def test_every_function_of_the_stack_can_be_invoked(
    template: dict[str, Any], local_stack: Stack
) -> None:
    shared = template["Globals"]["Function"]
    functions = {
        name: shared | resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }

    deployed = local_stack.of_type("AWS::Lambda::Function")
    assert functions.keys() == deployed.keys()
    for name, function in functions.items():
        assert function["CodeUri"] == str(ROOT / "src")
        assert function["Handler"] == deployed[name]["Handler"]
        assert function["Timeout"] == deployed[name]["Timeout"] + INIT_SECONDS
        # SAM gives a function the variables alone that its template names.
        own = function.get("Environment", {}).get("Variables", {})
        assert shared["Environment"]["Variables"].keys() | own.keys() == deployed[name][
            "Environment"
        ]["Variables"].keys() | {"AWS_ACCESS_KEY_ID"}


def test_the_routes_of_the_public_api_are_served_and_no_others(template: dict[str, Any]) -> None:
    routes = set()
    for resource in template["Resources"].values():
        for event in resource["Properties"].get("Events", {}).values():
            routes.add((event["Properties"]["Method"], event["Properties"]["Path"]))
        body = resource["Properties"].get("DefinitionBody", {"paths": {}})
        routes.update((method, path) for path, item in body["paths"].items() for method in item)

    paid = {("post", "/payments"), ("get", "/payments/{requestId}")}
    more = {
        ("get", "/payments/{requestId}/receipt"),
        ("get", "/customers/{customerId}/overview"),
    }
    assert routes in (paid, paid | more)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("command", ["local_invoke", "local_start_api", "local_start_lambda"])
def test_sam_local_finds_what_make_run_writes(variant: str, command: str) -> None:
    parameters = CONFIG[variant][command]["parameters"]

    assert parameters["template_file"] == f".local/sam/{variant}/template.json"
    assert parameters["env_vars"] == f".local/sam/{variant}/environment.json"
    assert parameters["add_host"] == f"{HOST}:host-gateway"
