"""Lambda authorizers decide as on API Gateway, and their answers are cached by identity."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.integration.local_cloud.conftest import Function, Json

type MakeFunction = Callable[..., Function]
type MakeApi = Callable[..., str]

# Answers what the token says, and writes down each call.
AUTHORIZER = """
    import json, os, uuid
    def handler(event, context):
        with open(os.environ["CALLS"] + "/" + str(uuid.uuid4()), "w") as file:
            json.dump(event, file)
        token = event.get("authorizationToken") or event["headers"]["Authorization"]
        if token == "unknown":
            raise Exception("Unauthorized")
        if token == "broken":
            raise ValueError("broken")
        api = event["methodArn"].split("/")[0]
        statement = lambda effect, path: {
            "Effect": effect, "Action": "execute-api:Invoke", "Resource": f"{api}/test/*/{path}"
        }
        good = {
            "principalId": "ada",
            "policyDocument": {"Version": "2012-10-17", "Statement": [statement("Allow", "a*")]},
            "context": {"age": 36, "member": True, "name": "Ada"},
        }
        match token:
            case "denied":
                good["policyDocument"]["Statement"] += [statement("Deny", "*")]
            case "nothing":
                return None
            case "no-principal":
                del good["principalId"]
            case "no-policy":
                del good["policyDocument"]
            case "nested":
                good["context"] = {"nested": {"a": 1}}
        return good
"""
BACKEND = """
    import json
    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps(event["requestContext"]["authorizer"])}
"""


class Api:
    """An API with two methods behind the authorizer: /a and /b."""

    def __init__(self, url: str, calls: Path, http: urllib3.PoolManager) -> None:
        self.url = url
        self._calls = calls
        self._http = http

    def get(self, path: str = "/a", **headers: str) -> tuple[int, Any]:
        answer = self._http.request("GET", self.url + path, headers=headers)
        return answer.status, answer.json()

    @property
    def calls(self) -> list[Json]:
        """What the authorizer was asked."""
        return [json.loads(file.read_text()) for file in self._calls.iterdir()]


@pytest.fixture
def make(
    make_function: MakeFunction, make_api: MakeApi, http: urllib3.PoolManager, tmp_path: Path
) -> Callable[..., Api]:
    def make_with(**settings: Any) -> Api:
        environment = {"Variables": {"CALLS": str(tmp_path)}}
        authorizer = make_function(AUTHORIZER, Environment=environment)
        operation = make_function(BACKEND).integration | {"security": [{"bearer": []}]}
        scheme = {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "token",
                "authorizerUri": authorizer.uri,
                **settings,
            },
        }
        url = make_api(
            {"/a": {"get": operation}, "/b": {"get": operation}},
            components={"securitySchemes": {"bearer": scheme}},
        )
        return Api(url, tmp_path, http)

    return make_with


def test_what_the_authorizer_says_reaches_the_function_as_strings(
    make: Callable[..., Api],
) -> None:
    status, authorizer = make().get(Authorization="good")

    assert status == 200
    assert authorizer.pop("integrationLatency") >= 0
    assert authorizer == {"principalId": "ada", "age": "36", "member": "true", "name": "Ada"}


@pytest.mark.parametrize(
    ("token", "status", "body"),
    [
        ("unknown", 401, {"message": "Unauthorized"}),
        (
            "denied",
            403,
            {
                "Message": "User is not authorized to access this resource with an explicit deny"
                " in an identity-based policy"
            },
        ),
        ("broken", 500, {"message": None}),
        ("nothing", 500, {"message": None}),
        ("no-principal", 500, {"message": None}),
        ("no-policy", 500, {"message": None}),
        ("nested", 500, {"message": None}),
    ],
)
def test_refusals_and_failures(
    make: Callable[..., Api], token: str, status: int, body: Json
) -> None:
    assert make().get(Authorization=token) == (status, body)


def test_without_a_token_nobody_is_asked(make: Callable[..., Api]) -> None:
    api = make(identityValidationExpression="^g.*")

    assert api.get() == (401, {"message": "Unauthorized"})
    assert api.get(Authorization="bad") == (401, {"message": "Unauthorized"})
    assert api.calls == []
    assert api.get(Authorization="good")[0] == 200


def test_an_answer_is_kept_for_its_token_and_decides_on_each_method(
    make: Callable[..., Api],
) -> None:
    api = make()

    with ThreadPoolExecutor(4) as pool:
        statuses = [
            status
            for status, _ in pool.map(
                lambda path: api.get(path, Authorization="good"), ("/a", "/a", "/b")
            )
        ]
    asked = len(api.calls)
    again = [api.get(path, Authorization="good") for path in ("/a", "/b")]

    assert statuses == [200, 200, 403]
    assert [status for status, _ in again] == [200, 403]
    assert again[1][1] == {"Message": "User is not authorized to access this resource"}
    assert len(api.calls) == asked
    api.get(Authorization="good2")
    assert len(api.calls) == asked + 1


def test_with_a_time_to_live_of_zero_each_request_is_asked(make: Callable[..., Api]) -> None:
    api = make(authorizerResultTtlInSeconds=0)

    for _ in range(3):
        api.get(Authorization="good")

    assert len(api.calls) == 3


def test_a_request_authorizer_gets_the_request(make: Callable[..., Api]) -> None:
    api = make(
        type="request",
        identitySource="method.request.header.Authorization, method.request.querystring.tenant",
    )

    assert api.get("/a?tenant=t1", Authorization="good")[0] == 200
    assert api.get("/a", Authorization="good")[0] == 401

    (event,) = api.calls
    assert event["type"] == "REQUEST"
    assert (event["path"], event["resource"], event["httpMethod"]) == ("/a", "/a", "GET")
    assert event["queryStringParameters"] == {"tenant": "t1"}
    assert event["headers"]["Authorization"] == "good"
    assert event["requestContext"]["stage"] == "test"
