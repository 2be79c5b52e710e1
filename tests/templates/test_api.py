"""The gateways' routes: who may call each, and what the gateway may invoke for it."""

import json
import re
from typing import Any

from local.paths import ROOT
from local.variants import Variant
from tests.templates.cloudformation import Stack, target, text
from tests.templates.gateways import (
    PREFLIGHT,
    Caller,
    Route,
    documents,
    executions,
    public_api,
    routes,
)


def of_public_api(stack: Stack) -> list[Route]:
    return [route for route in routes(stack) if route.api == public_api(stack)]


def test_no_route_is_open_but_preflights_which_carry_no_token(stack: Stack) -> None:
    for route in routes(stack):
        assert (route.caller is Caller.ANYBODY) == (route.method == PREFLIGHT), route


def test_customers_are_let_in_by_the_public_api_only(stack: Stack) -> None:
    assert {route.api for route in routes(stack) if route.caller is not Caller.SERVICE} == {
        public_api(stack)
    }


def test_every_route_of_customers_can_be_asked_about_by_a_browser(stack: Stack) -> None:
    paths = {route.path for route in routes(stack) if route.caller is Caller.CUSTOMER}

    assert {route.path for route in routes(stack) if route.method == PREFLIGHT} == paths


def test_the_routes_of_customers_are_those_of_the_openapi_document(
    variant: Variant, stack: Stack
) -> None:
    pattern = variant.template.stem.removeprefix("template-")
    published = json.loads((ROOT / f"docs/openapi/{pattern}.json").read_text())["paths"]

    assert {(path, method.upper()) for path in published for method in published[path]} == {
        (route.path, route.method) for route in routes(stack) if route.caller is Caller.CUSTOMER
    }


def test_functions_are_invoked_with_the_gateways_permission_and_not_the_callers(
    stack: Stack,
) -> None:
    for route in routes(stack):
        assert "credentials" not in route.integration, route


def invocations(stack: Stack) -> set[tuple[str, str]]:
    """Function and route, or authorizers, of each permission that a gateway has."""
    return {
        (target(permission["FunctionName"]), _without_stage(text(permission["SourceArn"])))
        for permission in stack.of_type("AWS::Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    }


def _without_stage(arn: str) -> str:
    if found := re.search(r"\$\{(\w+)\}/authorizers/\*$", arn):
        return f"{found[1]}/authorizers/*"
    return executions(arn)


def test_a_gateway_may_invoke_what_stands_behind_its_routes_and_nothing_more(stack: Stack) -> None:
    behind = {(route.function, route.arn) for route in routes(stack)}

    assert invocations(stack) == behind | {
        ("AuthorizerFunction", f"{public_api(stack)}/authorizers/*")
    }


def test_the_authorizer_decides_on_what_looks_like_a_token_only(stack: Stack) -> None:
    authorizer = documents(stack)[public_api(stack)]["securityDefinitions"]["BearerToken"]
    settings = authorizer["x-amazon-apigateway-authorizer"]

    assert (authorizer["in"], authorizer["name"]) == ("header", "Authorization")
    assert settings["type"] == "token"
    assert "${AuthorizerFunction.Arn}" in text(settings["authorizerUri"])
    assert 0 < settings["authorizerResultTtlInSeconds"] <= 3600
    expression = re.compile(settings["identityValidationExpression"])
    assert expression.fullmatch("Bearer eyJh.eyJp_-.c2ln")
    for other in ("", "Bearer ", "Bearer x", "bearer a.b.c", "Basic a.b.c", "Bearer a.b.c d"):
        assert not expression.fullmatch(other)


def test_every_body_is_validated_at_the_gateway(stack: Stack) -> None:
    for route in routes(stack):
        if route.method not in ("POST", "PUT"):
            continue
        document, operation = documents(stack)[route.api], route.operation
        validator = document["x-amazon-apigateway-request-validators"][
            operation["x-amazon-apigateway-request-validator"]
        ]
        assert validator == {"validateRequestBody": True, "validateRequestParameters": True}
        (body,) = (p for p in operation["parameters"] if p["in"] == "body")
        assert body["required"]
        assert body["schema"]["$ref"].rpartition("/")[2] in document["definitions"]


def test_a_payment_needs_an_idempotency_key(stack: Stack) -> None:
    (pay,) = (route for route in of_public_api(stack) if route.method == "POST")

    parameters: dict[str, Any] = {p["name"]: p for p in pay.operation["parameters"]}
    assert parameters["Idempotency-Key"]["in"] == "header"
    assert parameters["Idempotency-Key"]["required"]
