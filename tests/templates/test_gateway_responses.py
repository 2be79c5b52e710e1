"""What the gateways answer by themselves."""

import json
from typing import Any

import pytest

from tests.templates.cloudformation import Stack
from tests.templates.gateways import Caller, documents, routes

# What API Gateway puts into a gateway response; messageString comes with its quotation marks.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
VARIABLES = {
    "$context.error.messageString": '"Invalid request body"',
    "$context.error.validationErrorString": "[object has missing required properties]",
}
STATUSES = {
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "UNAUTHORIZED": 401,
    "ACCESS_DENIED": 403,
    "MISSING_AUTHENTICATION_TOKEN": 404,
    "THROTTLED": 429,
}
OF_SIGNATURES = {"INVALID_SIGNATURE": 403, "EXPIRED_TOKEN": 403}


def responses_of(stack: Stack) -> list[dict[str, Any]]:
    return [
        document["x-amazon-apigateway-gateway-responses"] for document in documents(stack).values()
    ]


@pytest.fixture
def responses(stack: Stack) -> dict[str, Any]:
    first, *others = responses_of(stack)
    assert all(other == first for other in others), "every API answers in the same words"
    return first


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


def test_the_problem_names_the_status_that_is_answered(
    stack: Stack, responses: dict[str, Any]
) -> None:
    takes_signatures = any(route.caller is Caller.SERVICE for route in routes(stack))
    named = {
        name: problem(response)["status"]
        for name, response in responses.items()
        if "status" in problem(response)
    }

    assert named == STATUSES | (OF_SIGNATURES if takes_signatures else {})
    # API Gateway's own status would be 403: a missing route is no matter of a token.
    assert responses["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == "404"


def test_a_client_reads_the_same_words_whatever_the_variant(
    decouple_stack: Stack, responses: dict[str, Any]
) -> None:
    (others,) = responses_of(decouple_stack)
    common = others.keys() - {"ACCESS_DENIED"}  # which may be a signature's matter, too

    assert {name: responses[name] for name in common} == {name: others[name] for name in common}


def test_a_wrong_signature_or_a_token_in_its_place_is_not_repeated(
    responses: dict[str, Any],
) -> None:
    """API Gateway's own words hold the Authorization header."""
    for name in OF_SIGNATURES.keys() & responses.keys():
        assert "$context.error" not in str(responses[name])


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
