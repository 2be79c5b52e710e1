"""The public API: who may call it, what it refuses itself, and in which words."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.jsonschema import StandardValidator  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.api import PaymentSubmission
from local.paths import ROOT
from tests.builders import body
from tests.templates.cloudformation import Stack, target

PREFLIGHT = "options"
# What API Gateway puts into a gateway response; messageString comes with its quotation marks.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
VARIABLES = {
    "$context.error.messageString": '"Invalid request body"',
    "$context.error.validationErrorString": "[object has missing required properties]",
}


@pytest.fixture(scope="module")
def openapi(stack: Stack) -> dict[str, Any]:
    """The gateway's own OpenAPI 2 document."""
    (api,) = stack.of_type("AWS::ApiGateway::RestApi").values()
    document: dict[str, Any] = api["Body"]
    return document


@pytest.fixture(scope="module")
def stage(stack: Stack) -> dict[str, Any]:
    (stage,) = stack.of_type("AWS::ApiGateway::Stage").values()
    return stage


@pytest.fixture(scope="module")
def responses(openapi: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = openapi["x-amazon-apigateway-gateway-responses"]
    return found


def routes(openapi: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_route_needs_a_bearer_token_but_preflights_which_carry_none(
    openapi: dict[str, Any],
) -> None:
    for path, method, operation in routes(openapi):
        expected = "NONE" if method == PREFLIGHT else "BearerToken"
        assert operation["security"] == [{expected: []}], f"{method} {path}"


def test_every_route_can_be_asked_about_by_a_browser(openapi: dict[str, Any]) -> None:
    for path, methods in openapi["paths"].items():
        assert PREFLIGHT in methods, path


def test_functions_are_invoked_with_the_gateways_permission_and_not_the_callers(
    openapi: dict[str, Any],
) -> None:
    """SAM's default for AWS_IAM is the caller's credentials; each API says `InvokeRole: NONE`."""
    for path, method, operation in routes(openapi):
        assert "credentials" not in operation["x-amazon-apigateway-integration"], f"{method} {path}"


def test_the_routes_are_those_of_the_openapi_document(openapi: dict[str, Any]) -> None:
    published = json.loads((ROOT / "docs/openapi/decouple.json").read_text())["paths"]

    assert {(path, method) for path, methods in published.items() for method in methods} == {
        (path, method) for path, method, _ in routes(openapi) if method != PREFLIGHT
    }


def test_the_authorizer_decides_on_what_looks_like_a_token_only(
    openapi: dict[str, Any], stack: Stack
) -> None:
    authorizer = openapi["securityDefinitions"]["BearerToken"]
    settings = authorizer["x-amazon-apigateway-authorizer"]

    assert (authorizer["in"], authorizer["name"]) == ("header", "Authorization")
    assert settings["type"] == "token"
    assert "AuthorizerFunction" in str(settings["authorizerUri"])
    assert 0 < settings["authorizerResultTtlInSeconds"] <= 3600
    expression = re.compile(settings["identityValidationExpression"])
    assert expression.fullmatch("Bearer eyJh.eyJp_-.c2ln")
    for other in ("", "Bearer ", "Bearer x", "bearer a.b.c", "Basic a.b.c", "Bearer a.b.c d"):
        assert not expression.fullmatch(other)


def test_the_gateway_may_invoke_the_authorizer(stack: Stack) -> None:
    invoked = {
        target(permission["FunctionName"])
        for permission in stack.of_type("AWS::Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    }
    assert "AuthorizerFunction" in invoked


def test_a_payment_is_validated_at_the_gateway(openapi: dict[str, Any]) -> None:
    pay = openapi["paths"]["/payments"]["post"]
    validator = openapi["x-amazon-apigateway-request-validators"][
        pay["x-amazon-apigateway-request-validator"]
    ]

    assert validator == {"validateRequestBody": True, "validateRequestParameters": True}
    parameters = {parameter["name"]: parameter for parameter in pay["parameters"]}
    assert parameters["Idempotency-Key"]["required"]
    (body_parameter,) = (p for p in parameters.values() if p["in"] == "body")
    assert body_parameter["schema"] == {"$ref": "#/definitions/paymentsubmission"}


# The gateway's model and the code's: one is a subset of the other, which decides.


@pytest.fixture(scope="module")
def model(openapi: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = openapi["definitions"]["paymentsubmission"]
    return found


def published_schema() -> dict[str, Any]:
    """PaymentSubmission as the OpenAPI document publishes it, with references followed."""
    schemas = json.loads((ROOT / "docs/openapi/decouple.json").read_text())["components"]["schemas"]

    def follow(schema: Any) -> Any:
        match schema:
            case {"$ref": reference}:
                return follow(schemas[reference.rpartition("/")[2]])
            case dict():
                return {key: follow(value) for key, value in schema.items()}
        return schema

    found: dict[str, Any] = follow(schemas["PaymentSubmission"])
    return found


def test_the_gateways_model_demands_nothing_that_the_code_does_not(model: dict[str, Any]) -> None:
    def compare(model: dict[str, Any], schema: dict[str, Any]) -> None:
        for keyword, value in model.items():
            match keyword:
                case "$schema":
                    assert value == "http://json-schema.org/draft-04/schema#"
                case "properties":
                    assert value.keys() == schema["properties"].keys()
                    for name in value:
                        compare(value[name], schema["properties"][name])
                case "required":
                    assert set(value) == set(schema["required"])
                case _:
                    assert schema[keyword] == value, f"{keyword}: {value}"

    compare(model, published_schema())


def test_the_gateways_model_refuses_unknown_fields_everywhere(model: dict[str, Any]) -> None:
    def objects(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield model
        for part in model.get("properties", {}).values():
            if part["type"] == "object":
                yield from objects(part)

    assert all(part["additionalProperties"] is False for part in objects(model))


def passes(model: dict[str, Any], submission: object) -> bool:
    return not list(StandardValidator(schema=model).iter_errors(submission))


IDENTIFIERS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
PRINTABLE = st.characters(exclude_categories=["Cc", "Cs"])
SUBMISSIONS = st.fixed_dictionaries(
    {
        "policyId": IDENTIFIERS,
        "customer": st.fixed_dictionaries(
            {
                "id": IDENTIFIERS,
                "name": st.text(PRINTABLE, min_size=1, max_size=200),
                "email": st.emails(),
            }
        ),
        "amount": st.fixed_dictionaries(
            {
                "value": st.one_of(
                    st.decimals("0.01", "999999999.99", places=2).map(str),
                    st.integers(1, 999_999_999).map(str),
                ),
                "currency": st.from_regex(r"[A-Z]{3}", fullmatch=True),
            }
        ),
        "period": st.from_regex(r"[0-9]{4}-(0[1-9]|1[0-2])", fullmatch=True),
    }
)


@settings(deadline=None, max_examples=100)
@given(SUBMISSIONS)
def test_whatever_the_code_accepts_passes_the_gateway(
    model: dict[str, Any], submission: dict[str, Any]
) -> None:
    PaymentSubmission.model_validate(submission)
    assert passes(model, submission)


@settings(deadline=None, max_examples=200)
@given(
    path=st.sampled_from(
        [
            ("policyId",),
            ("customer", "id"),
            ("customer", "name"),
            ("customer", "email"),
            ("amount", "value"),
            ("amount", "currency"),
            ("period",),
        ]
    ),
    value=st.one_of(
        st.text(max_size=5), st.integers(), st.none(), st.from_regex(r"[0-9.A-Z-]{1,7}")
    ),
)
def test_whatever_the_gateway_refuses_the_code_refuses_too(
    model: dict[str, Any], path: tuple[str, ...], value: object
) -> None:
    submission = body()
    part = submission
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value

    try:
        PaymentSubmission.model_validate(submission)
    except ValidationError:
        return
    assert passes(model, submission)


# What the gateway answers by itself.


def problem(response: dict[str, Any]) -> dict[str, Any]:
    """The answer's body with API Gateway's variables put in."""
    (template,) = response["responseTemplates"].values()
    for variable, value in VARIABLES.items():
        template = template.replace(variable, value)
    assert "$" not in template, f"a variable that this test does not know: {template}"
    found: dict[str, Any] = json.loads(template)
    return found


def test_every_answer_of_the_gateway_is_a_problem_document(responses: dict[str, Any]) -> None:
    for response in responses.values():
        keys = problem(response).keys()
        assert {"type", "title", "detail"} <= keys <= {"type", "title", "status", "detail"}
        assert response["responseParameters"]["gatewayresponse.header.Content-Type"] == (
            "'application/problem+json'"
        )


def test_the_problem_names_the_status_that_is_answered(responses: dict[str, Any]) -> None:
    statuses = {
        "BAD_REQUEST_BODY": 400,
        "BAD_REQUEST_PARAMETERS": 400,
        "UNAUTHORIZED": 401,
        "ACCESS_DENIED": 403,
        "MISSING_AUTHENTICATION_TOKEN": 404,
        "THROTTLED": 429,
    }
    named = {
        name: problem(response)["status"]
        for name, response in responses.items()
        if "status" in problem(response)
    }

    assert named == statuses
    # API Gateway's own status would be 403: a missing route is no matter of a token.
    assert responses["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == "404"


def test_every_other_error_of_the_gateway_is_covered(responses: dict[str, Any]) -> None:
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= responses.keys()


def test_an_unauthorized_client_learns_how_to_log_in(responses: dict[str, Any]) -> None:
    # https://www.rfc-editor.org/rfc/rfc9110#name-401-unauthorized
    headers = responses["UNAUTHORIZED"]["responseParameters"]
    assert headers["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'"


def test_browser_clients_can_read_every_error_of_the_gateway(responses: dict[str, Any]) -> None:
    for response in responses.values():
        headers = response["responseParameters"]
        assert "gatewayresponse.header.Access-Control-Allow-Origin" in headers


# The stage.


def test_the_stage_is_throttled_measured_and_traced(stage: dict[str, Any]) -> None:
    (everything,) = stage["MethodSettings"]

    assert (everything["ResourcePath"], everything["HttpMethod"]) == ("/*", "*")
    assert float(everything["ThrottlingRateLimit"]) > 0
    assert float(everything["ThrottlingBurstLimit"]) > 0
    assert everything["MetricsEnabled"]
    assert stage["TracingEnabled"]


def test_access_logs_are_written_where_the_account_allows_them(
    translated: dict[str, Any], stage: dict[str, Any]
) -> None:
    (logging,) = (
        Stack(translated, {"AccessLogs": "true"}).of_type("AWS::ApiGateway::Stage").values()
    )
    access_log = logging["AccessLogSetting"]

    assert target(access_log["DestinationArn"]) == "ApiAccessLogs"
    line = json.loads(access_log["Format"])
    assert {"requestId", "status"} <= line.keys()
    for personal in ("sourceIp", "authorizer", "header", "userAgent", "input"):
        assert personal not in access_log["Format"]
    assert "AccessLogSetting" not in stage


def test_no_stack_sets_what_is_the_regions_account_wide_role(stack: Stack) -> None:
    assert not stack.of_type("AWS::ApiGateway::Account")
