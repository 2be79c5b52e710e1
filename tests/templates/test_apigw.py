"""The API gateway pattern: what services may call of each other, and what a topology changes."""

import re
from typing import Any

import pytest

import communication.internal_api
import customer.internal_api
import sales.internal_api
from payments.downstreams import Downstreams
from tests.templates.cloudformation import Stack, target, text
from tests.templates.conftest import LOCALLY, deployed
from tests.templates.gateways import Caller, executions, public_api, routes
from tests.templates.roles import as_list, statements
from tests.templates.test_functions import functions, variables
from tests.templates.test_local import differences

INTERNAL = {
    "Customer": {("PUT", "/payments/{requestId}"), ("GET", "/customers/{customerId}")},
    "Sales": {("PUT", "/premiums/{requestId}"), ("GET", "/customers/{customerId}")},
    "Communication": {("PUT", "/confirmations/{requestId}"), ("GET", "/customers/{customerId}")},
}
# Where each topology has the routes of a service: the API, and the prefix of their paths.
PLACES = {
    "single": {service: ("PaymentsApi", f"/internal/{service.lower()}") for service in INTERNAL},
    "multiple": {service: (f"{service}Api", "") for service in INTERNAL},
}
each_topology = pytest.mark.parametrize("topology", PLACES)


@each_topology
def test_services_call_each_other_where_the_topology_has_it(topology: str) -> None:
    """With `multiple` the public API has no internal route."""
    expected = {
        (api, method, prefix + path, f"{service}InternalApiFunction")
        for service, (api, prefix) in PLACES[topology].items()
        for method, path in INTERNAL[service]
    }

    assert {
        (route.api, route.method, route.path, route.function)
        for route in routes(deployed(f"apigw-{topology}"))
        if route.caller is Caller.SERVICE
    } == expected


def test_the_routes_of_services_are_those_of_their_code() -> None:
    apps = {
        "Customer": customer.internal_api.app(),
        "Sales": sales.internal_api.app(),
        "Communication": communication.internal_api.app(),
    }
    coded = {
        service: {
            (method.upper(), path)
            for path, item in (app.get_openapi_schema().paths or {}).items()
            for method in item.model_dump(exclude_none=True)
        }
        for service, app in apps.items()
    }
    assert coded == INTERNAL


def test_payments_alone_may_call_the_services_each_by_method_and_path(apigw_stack: Stack) -> None:
    callable_: dict[str, set[str]] = {}
    for role, statement in statements(apigw_stack):
        if "execute-api:Invoke" in as_list(statement["Action"]):
            arns = {executions(arn) for arn in as_list(statement["Resource"])}
            callable_[role] = callable_.get(role, set()) | arns

    internal = [route for route in routes(apigw_stack) if route.caller is Caller.SERVICE]
    assert callable_ == {
        "PaymentsApiRole": {route.arn for route in internal},
        "ResumeRole": {route.arn for route in internal if route.method == "PUT"},
    }


@each_topology
@pytest.mark.parametrize("is_local", [False, True], ids=["on AWS", "locally"])
def test_payments_reads_where_the_services_are(topology: str, is_local: bool) -> None:
    stack = deployed(f"apigw-{topology}").given(
        CustomerTimeoutSeconds="7", **(LOCALLY if is_local else {})
    )
    (parameter,) = stack.of_type("AWS::SSM::Parameter").values()
    found = Downstreams.model_validate_json(text(parameter["Value"]))

    def address(api: str) -> str:
        if is_local:
            return f"{LOCALLY['LocalEndpointUrl']}/_aws/execute-api/${{{api}}}/v1"
        return f"https://${{{api}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/v1"

    for service, (api, prefix) in PLACES[topology].items():
        assert getattr(found, service.lower()).url == address(api) + prefix
    assert found.customer.read_seconds == 7
    assert text(stack.outputs["ApiUrl"]) == address(public_api(stack))
    assert {stage["StageName"] for stage in stack.of_type("AWS::ApiGateway::Stage").values()} == {
        "v1"
    }
    for name in ("PaymentsApiFunction", "ResumeFunction"):
        told = variables(functions(stack)[name])["DOWNSTREAMS_PARAMETER"]
        assert text(told) == text(parameter["Name"])


def test_payments_has_time_for_two_services_one_after_the_other(apigw_stack: Stack) -> None:
    (parameter,) = apigw_stack.of_type("AWS::SSM::Parameter").values()
    downstreams = Downstreams.model_validate_json(text(parameter["Value"]))

    def seconds(service: Any) -> float:
        return float(service.connect_seconds + service.read_seconds)

    slowest = seconds(downstreams.customer) + max(
        seconds(downstreams.sales), seconds(downstreams.communication)
    )
    # What it keeps to note the outcome and to answer is 4 s.
    assert slowest + 4 < functions(apigw_stack)["PaymentsApiFunction"]["Timeout"]


def test_functions_answer_before_their_gateway_gives_up(stack: Stack) -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
    for route in routes(stack):
        assert functions(stack)[route.function]["Timeout"] < 29


def test_topologies_differ_in_where_the_routes_of_services_are_and_in_nothing_else() -> None:
    single, multiple = deployed("apigw-single"), deployed("apigw-multiple")
    added = multiple.resources.keys() - single.resources.keys()

    assert single.resources.keys() <= multiple.resources.keys()
    assert {name for name in added if multiple.resources[name]["Type"].endswith("RestApi")} == {
        f"{service}Api" for service in INTERNAL
    }
    assert all(multiple.resources[name]["Type"].startswith("AWS::ApiGateway::") for name in added)
    for name, *path in differences(single.resources, multiple.resources):
        match single.resources.get(name, {}).get("Type"):
            case None:
                assert name in added
            case "AWS::ApiGateway::RestApi":
                _, _, part, key = path
                assert part == "definitions" or key.startswith("/internal/"), path
            case "AWS::Lambda::Permission":
                assert target(single.resources[name]["Properties"]["FunctionName"]).endswith(
                    "InternalApiFunction"
                )
                assert path[1] == "SourceArn"
            case "AWS::IAM::Policy":
                assert "execute-api:Invoke" in str(single.resources[name])
            case "AWS::CloudFormation::Stack":
                assert path[1:3] == ["Parameters", "Apis"]  # to be shown
            case kind:
                assert kind == "AWS::SSM::Parameter", (name, path)
    urls = multiple.outputs.keys() - single.outputs.keys()
    assert urls == {f"{service}ApiUrl" for service in INTERNAL}


def test_a_changed_topology_is_deployed_by_its_gateways(source: dict[str, Any]) -> None:
    """SAM makes a new deployment when the template's text changes; a parameter changes nothing."""
    if "Topology" in source["Parameters"]:
        assert source["Globals"]["Api"]["AlwaysDeploy"]


def test_a_request_is_not_resumed_while_its_first_attempt_is_still_at_work(
    apigw_stack: Stack,
) -> None:
    relay_age = apigw_stack.template["Parameters"]["RelayAgeSeconds"]["Default"]
    first_attempt = apigw_stack.of_type("AWS::Lambda::Function")["PaymentsApiFunction"]["Timeout"]

    assert relay_age > first_attempt


@pytest.mark.parametrize(
    ("sender", "allowed"),
    [
        ("premiums+a@insurance.example", True),
        ("Premiums <premiums@insurance.example>", False),
        ("<premiums@insurance.example>", False),
        ("insurance.example", False),
    ],
)
def test_the_sender_is_an_address_alone(sender: str, *, allowed: bool) -> None:
    """The condition ses:FromAddress compares it with the address, without a display name."""
    pattern = deployed("apigw-single").template["Parameters"]["Sender"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, sender)) is allowed
