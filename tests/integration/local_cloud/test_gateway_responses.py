"""The gateway's own errors: in its words, or in those of the API's gateway responses."""

import json
from collections.abc import Callable
from textwrap import dedent
from typing import Any
from uuid import uuid4

import pytest
import urllib3

from local.cloud import Cloud
from tests.integration.local_cloud.conftest import Function, Json

type MakeFunction = Callable[..., Function]
type MakeApi = Callable[..., str]

PROBLEM = {
    "responseTemplates": {
        "application/json": dedent("""\
            {"type": "about:blank", "title": "$context.error.message",
             "detail": $context.error.messageString,
             "errors": "$context.error.validationErrorString",
             "kind": "$context.error.responseType", "instance": "$context.requestId"}""")
    },
    "responseParameters": {
        "gatewayresponse.header.Content-Type": "'application/problem+json'",
        "gatewayresponse.header.X-Sent": "method.request.header.X-Sent",
    },
}
MODEL = {
    "type": "object",
    "required": ["name", "amount"],
    "properties": {
        "name": {"type": "string", "maxLength": 5},
        "amount": {"type": "string", "pattern": r"^\d+$"},
    },
}


@pytest.fixture
def url(make_function: MakeFunction, make_api: MakeApi) -> Callable[..., str]:
    def make(responses: Json | None = None) -> str:
        function = make_function("def handler(e, c): return {'statusCode': 200, 'body': '{}'}")
        operation = function.integration | {
            "parameters": [{"name": "X-Key", "in": "header", "required": True}],
            "requestBody": {
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
            },
        }
        extension = "x-amazon-apigateway-gateway-responses"
        return make_api(
            {"/orders": {"post": operation}},
            components={"schemas": {"Order": MODEL}},
            **{
                "x-amazon-apigateway-request-validators": {
                    "all": {"validateRequestBody": True, "validateRequestParameters": True}
                },
                "x-amazon-apigateway-request-validator": "all",
                **({extension: responses} if responses else {}),
            },
        )

    return make


@pytest.fixture
def post(http: urllib3.PoolManager) -> Callable[..., urllib3.BaseHTTPResponse]:
    def send(url: str, body: Any, **headers: str) -> urllib3.BaseHTTPResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return http.request("POST", url, body=data, headers={"X-Key": "k"} | headers)

    return send


def test_without_gateway_responses_the_words_are_the_gateways(
    url: Callable[..., str], post: Callable[..., urllib3.BaseHTTPResponse]
) -> None:
    stage = url()

    invalid, unknown = post(f"{stage}/orders", {}), post(f"{stage}/nowhere", {})

    assert (invalid.status, invalid.json()) == (400, {"message": "Invalid request body"})
    assert (unknown.status, unknown.json()) == (403, {"message": "Missing Authentication Token"})
    assert invalid.headers["Content-Type"] == "application/json"
    assert invalid.headers["x-amzn-ErrorType"] == "BadRequestException"
    assert post(f"{stage}/orders", {"name": "Ada", "amount": "5"}).status == 200


def test_an_imported_gateway_response_words_and_dresses_the_error(
    url: Callable[..., str], post: Callable[..., urllib3.BaseHTTPResponse]
) -> None:
    stage = url({"BAD_REQUEST_BODY": {"statusCode": 422, **PROBLEM}})

    answer = post(f"{stage}/orders", {"name": "Ada Lovelace"}, **{"X-Sent": "hello"})

    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Sent"] == "hello"
    problem = answer.json()
    assert problem.pop("instance")
    assert problem == {
        "type": "about:blank",
        "title": "Invalid request body",
        "detail": "Invalid request body",
        "errors": '[object has missing required properties (["amount"]),'
        ' string "Ada Lovelace" is too long (length: 12, maximum allowed: 5)]',
        "kind": "BAD_REQUEST_BODY",
    }


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"name": NaN}', b"[" * 100_000], ids=repr)
def test_what_is_no_json_is_a_bad_body(
    url: Callable[..., str], post: Callable[..., urllib3.BaseHTTPResponse], body: bytes
) -> None:
    answer = post(f"{url({'BAD_REQUEST_BODY': PROBLEM})}/orders", body)

    assert answer.status == 400
    assert answer.json()["errors"] == "[request body is not valid JSON]"


def test_the_default_4xx_stands_in_for_all_others_of_its_kind(
    url: Callable[..., str], post: Callable[..., urllib3.BaseHTTPResponse]
) -> None:
    stage = url({"DEFAULT_4XX": PROBLEM})

    missing = post(f"{stage}/orders", {}, **{"X-Key": ""})
    unknown = post(f"{stage}/nowhere", {})

    assert (missing.status, missing.json()["kind"]) == (400, "BAD_REQUEST_BODY")
    assert (unknown.status, unknown.json()["kind"]) == (403, "MISSING_AUTHENTICATION_TOKEN")


def test_a_missing_parameter_is_named(url: Callable[..., str], http: urllib3.PoolManager) -> None:
    answer = http.request("POST", f"{url({'BAD_REQUEST_PARAMETERS': PROBLEM})}/orders", body=b"{}")

    assert answer.json()["detail"] == "Missing required request parameters: [X-Key]"


def test_a_gateway_response_of_a_template_is_used(cloud: Cloud, http: urllib3.PoolManager) -> None:
    name = f"test-{uuid4()}"
    template = {
        "Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": name}},
            "Method": {
                "Type": "AWS::ApiGateway::Method",
                "Properties": {
                    "RestApiId": {"Ref": "Api"},
                    "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                    "HttpMethod": "GET",
                    "AuthorizationType": "AWS_IAM",
                    "Integration": {"Type": "MOCK"},
                },
            },
            "Unknown": {
                "Type": "AWS::ApiGateway::GatewayResponse",
                "Properties": {
                    "RestApiId": {"Ref": "Api"},
                    "ResponseType": "MISSING_AUTHENTICATION_TOKEN",
                    "StatusCode": "404",
                    "ResponseParameters": PROBLEM["responseParameters"],
                    "ResponseTemplates": {"application/json": '{"title": "Not Found"}'},
                },
            },
            "Deployment": {
                "Type": "AWS::ApiGateway::Deployment",
                "DependsOn": ["Method", "Unknown"],
                "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "test"},
            },
        },
        "Outputs": {"Id": {"Value": {"Ref": "Api"}}},
    }
    client = cloud.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=json.dumps(template))
    client.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 100}
    )
    (output,) = client.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]

    answer = http.request(
        "GET", f"{cloud.endpoint}/_aws/execute-api/{output['OutputValue']}/test/x"
    )
    client.delete_stack(StackName=name)

    assert (answer.status, answer.json()) == (404, {"title": "Not Found"})
    assert answer.headers["Content-Type"] == "application/problem+json"


SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "required": ["id", "amount"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "minLength": 2, "maxLength": 4},
        "amount": {
            "type": "object",
            "required": ["value"],
            "properties": {
                "value": {"type": "string", "pattern": "^\\d+$"},
                "currency": {"enum": ["EUR", "USD"]},
                "share": {"type": ["integer", "null"], "minimum": 1, "maximum": 9},
            },
        },
    },
}


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"id": "ab", "amount": {"value": "1"}}, []),
        ({}, ['object has missing required properties (["amount","id"])']),
        (
            {"id": "ab", "amount": {}},
            ['object has missing required properties (["value"])'],
        ),
        (
            [],
            [
                "instance type (array) does not match any allowed primitive type"
                ' (allowed: ["object"])'
            ],
        ),
        (
            {"id": "a", "amount": {"value": "x"}},
            [
                'string "a" is too short (length: 1, required minimum: 2)',
                'ECMA 262 regex "^\\\\d+$" does not match input string "x"',
            ],
        ),
        (
            {"id": "abcde", "amount": {"value": "1", "currency": "GBP", "share": 0}},
            [
                'string "abcde" is too long (length: 5, maximum allowed: 4)',
                'instance value ("GBP") not found in enum (possible values: ["EUR","USD"])',
                "numeric instance is lower than the required minimum (minimum: 1, found: 0)",
            ],
        ),
        (
            {"id": "ab", "amount": {"value": "1", "share": 10}, "z": 1},
            [
                'object instance has properties which are not allowed by the schema: ["z"]',
                "numeric instance is greater than the required maximum (maximum: 9, found: 10)",
            ],
        ),
    ],
)
def test_a_validation_error_says_what_is_wrong(
    make_function: MakeFunction,
    make_api: MakeApi,
    post: Callable[..., urllib3.BaseHTTPResponse],
    body: Any,
    errors: list[str],
) -> None:
    function = make_function("def handler(e, c): return {'statusCode': 200, 'body': '{}'}")
    model = {"schema": {"$ref": "#/components/schemas/Order"}}
    operation = function.integration | {"requestBody": {"content": {"application/json": model}}}
    stage = make_api(
        {"/orders": {"post": operation}},
        components={"schemas": {"Order": SCHEMA}},
        **{
            "x-amazon-apigateway-request-validators": {"body": {"validateRequestBody": True}},
            "x-amazon-apigateway-request-validator": "body",
            "x-amazon-apigateway-gateway-responses": {"BAD_REQUEST_BODY": PROBLEM},
        },
    )

    answer = post(f"{stage}/orders", body)

    assert answer.status == (400 if errors else 200)
    for error in errors:
        assert error in answer.json()["errors"]
