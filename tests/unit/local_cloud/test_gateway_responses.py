"""How gateway responses are worded, and what an OpenAPI document says of them."""

import json

import pytest

from local.localstack_plugin import gateway_responses
from local.localstack_plugin.openapi_import import gateway_responses as imported_responses
from local.localstack_plugin.openapi_import import signed_methods

CONTEXT = {
    "requestId": "r-1",
    "error": {
        "message": 'not "so"',
        "responseType": "BAD_REQUEST_BODY",
        "validationErrorString": '[a ("b")]',
    },
    "identity": {"sourceIp": "127.0.0.1"},
}


def test_a_template_stays_json_whatever_the_values() -> None:
    template = """{"message": $context.error.messageString, "title": "$context.error.message",
        "detail": "$context.error.validationErrorString", "id": "$context.requestId.",
        "ip": "$context.identity.sourceIp", "none": "$context.nothing.here",
        "stage": "$stageVariables.colour", "price": "$5"}"""

    rendered = json.loads(gateway_responses.render(template, CONTEXT, {"colour": "blue"}))

    assert rendered == {
        "message": 'not "so"',
        "title": 'not "so"',
        "detail": '[a ("b")]',
        "id": "r-1.",
        "ip": "127.0.0.1",
        "none": "",
        "stage": "blue",
        "price": "$5",
    }


def test_an_error_without_a_message_is_null() -> None:
    context = {"error": {"message": None}}

    rendered = gateway_responses.render(gateway_responses.DEFAULT_TEMPLATE, context)

    assert rendered == '{"message":null}'


@pytest.mark.parametrize(
    ("templates", "accept", "chosen"),
    [
        ({"application/json": "j", "application/xml": "x"}, "application/xml", "x"),
        ({"application/json": "j", "application/xml": "x"}, "*/*", "j"),
        ({"application/problem+json": "p"}, None, "p"),
        ({}, None, gateway_responses.DEFAULT_TEMPLATE),
    ],
)
def test_the_template_is_the_one_the_client_accepts(
    templates: dict[str, str], accept: str | None, chosen: str
) -> None:
    assert gateway_responses.choose_template(templates, accept)[1] == chosen


def test_headers_are_static_or_mapped() -> None:
    headers = gateway_responses.headers(
        {
            "gatewayresponse.header.Fixed": "'a, b'",
            "gatewayresponse.header.Sent": "method.request.header.Origin",
            "gatewayresponse.header.Query": "method.request.querystring.q",
            "gatewayresponse.header.Path": "method.request.path.id",
            "gatewayresponse.header.Id": "context.requestId",
            "gatewayresponse.header.Absent": "method.request.header.Absent",
        },
        request_headers={"Origin": "https://a.example"},
        query={"q": "1"},
        path={"id": "7"},
        context=CONTEXT,
    )

    assert headers == {
        "Fixed": "a, b",
        "Sent": "https://a.example",
        "Query": "1",
        "Path": "7",
        "Id": "r-1",
    }


def test_methods_with_aws_iam_are_found_however_they_are_marked() -> None:
    scheme = {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"}
    document = {
        "security": [{"iam": []}],
        "components": {"securitySchemes": {"iam": scheme, "token": {"type": "apiKey"}}},
        "paths": {
            "/by-default": {"get": {}, "parameters": []},
            "/open": {"get": {"security": []}, "post": {"security": [{"token": []}]}},
            "/none": {"get": {"x-amazon-apigateway-auth": {"type": "NONE"}}},
            "/any": {
                "x-amazon-apigateway-any-method": {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}
            },
        },
    }

    assert set(signed_methods(document)) == {("/by-default", "GET"), ("/any", "ANY")}


def test_gateway_responses_of_a_document_get_the_form_of_the_api() -> None:
    document = {
        "x-amazon-apigateway-gateway-responses": {"UNAUTHORIZED": {"statusCode": 401}, "QUOTA": {}}
    }

    imported = imported_responses(document)

    assert imported["UNAUTHORIZED"]["statusCode"] == "401"
    assert imported["QUOTA"]["statusCode"] is None
    assert imported["QUOTA"]["responseTemplates"] == {}
    assert imported_responses({}) == {}
