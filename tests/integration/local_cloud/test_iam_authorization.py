"""Methods with AWS_IAM take requests that one of the cloud's callers signed, and know which."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.cloud import Cloud
from tests.integration.local_cloud.conftest import Function

type MakeFunction = Callable[..., Function]
type MakeApi = Callable[..., str]

BACKEND = """
    import json
    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps(event["requestContext"]["identity"])}
"""
SCHEMES = {
    "sigv4": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }
}


@pytest.fixture
def url(make_function: MakeFunction, make_api: MakeApi) -> str:
    operation = make_function(BACKEND).integration | {"security": [{"sigv4": []}]}
    stage = make_api({"/orders/{id}": {"post": operation}}, components={"securitySchemes": SCHEMES})
    return f"{stage}/orders/a%20b?x=1&y=%C3%A4"


def signed(
    url: str,
    *,
    body: bytes = b"{}",
    key: str = "test",
    secret: str = "test",
    service: str = "execute-api",
    region: str = "us-east-1",
) -> AWSRequest:
    headers = {"Content-Type": "application/json"}
    request = AWSRequest("POST", url, headers=headers, data=body)
    SigV4Auth(Credentials(key, secret), service, region).add_auth(request)
    return request


@pytest.fixture
def send(http: urllib3.PoolManager) -> Callable[..., tuple[int, Any]]:
    def send_request(request: AWSRequest) -> tuple[int, Any]:
        answer = http.request(
            "POST", request.url, headers=dict(request.headers.items()), body=request.body
        )
        return answer.status, answer.json()

    return send_request


def test_the_projects_own_client_may_call(url: str, send: Callable[..., tuple[int, Any]]) -> None:
    status, identity = send(signed(url))

    assert status == 200
    assert identity["userArn"] == "arn:aws:iam::000000000000:root"
    assert identity["accessKey"] == "test"


def test_a_function_signs_with_its_own_credentials_and_is_recognised(
    url: str, make_function: MakeFunction
) -> None:
    caller = make_function(
        """
        import json, urllib.request
        import boto3
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        def handler(url, context):
            headers = {"Content-Type": "application/json"}
            request = AWSRequest("POST", url, headers=headers, data=b"{}")
            credentials = boto3.Session().get_credentials().get_frozen_credentials()
            SigV4Auth(credentials, "execute-api", "us-east-1").add_auth(request)
            signed = dict(request.headers.items())
            call = urllib.request.Request(url, b"{}", signed, method="POST")
            with urllib.request.urlopen(call) as answer:
                return [credentials.access_key, json.loads(answer.read())]
        """
    )

    answer = caller.invoke(url)

    assert answer.error is None, answer.log
    access_key, identity = answer.payload
    assert identity["accessKey"] == access_key
    assert identity["accountId"] == "000000000000"
    assert identity["userArn"] == f"arn:aws:sts::000000000000:assumed-role/tests/{caller.name}"
    assert identity["caller"] == identity["user"]
    assert identity["caller"].endswith(f":{caller.name}")


def test_an_unsigned_request_is_refused(url: str, send: Callable[..., tuple[int, Any]]) -> None:
    unsigned = AWSRequest("POST", url, data=b"{}")

    assert send(unsigned) == (403, {"message": "Missing Authentication Token"})


def test_a_bearer_token_is_no_signature(url: str, send: Callable[..., tuple[int, Any]]) -> None:
    request = AWSRequest("POST", url, headers={"Authorization": "Bearer abc"}, data=b"{}")

    status, body = send(request)

    assert status == 403
    assert "requires 'Credential' parameter" in body["message"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"secret": "wrong"}, "The request signature we calculated does not match"),
        ({"key": "nobody"}, "The security token included in the request is invalid."),
        ({"service": "lambda"}, "Credential should be scoped to correct service"),
        ({"region": "eu-west-1"}, "Credential should be scoped to a valid region"),
    ],
)
def test_a_wrong_signature_is_refused(
    url: str, send: Callable[..., tuple[int, Any]], changes: dict[str, str], said: str
) -> None:
    status, body = send(signed(url, **changes))

    assert status == 403
    assert said in body["message"]


def test_an_altered_request_is_refused(url: str, send: Callable[..., tuple[int, Any]]) -> None:
    body, target, header = signed(url), signed(url), signed(url)
    body.data = b'{"amount": 1}'
    target.url = url.replace("x=1", "x=2")
    header.headers.replace_header("Content-Type", "text/plain")

    for altered in (body, target, header):
        status, answer = send(altered)
        assert status == 403
        assert "does not match the signature you provided" in answer["message"]


def test_an_old_signature_is_refused(
    url: str, send: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = datetime.now(UTC) - timedelta(minutes=6)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: earlier)

    status, body = send(signed(url))

    assert status == 403
    assert body["message"].startswith(f"Signature expired: {earlier:%Y%m%dT%H%M%SZ} is now earlier")


def test_a_deployed_template_keeps_aws_iam(
    cloud: Cloud, make_function: MakeFunction, http: urllib3.PoolManager
) -> None:
    """Also in Swagger 2.0, which is what SAM writes, and with the extension on the method."""
    operation = make_function(BACKEND).integration
    document = {
        "swagger": "2.0",
        "info": {"title": "signed", "version": "1"},
        "securityDefinitions": SCHEMES,
        "paths": {
            "/scheme": {"get": operation | {"security": [{"sigv4": []}]}},
            "/extension": {
                "x-amazon-apigateway-any-method": operation
                | {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}
            },
            "/open": {"get": operation},
        },
    }
    client = cloud.client("apigateway")
    api = client.import_rest_api(body=json.dumps(document).encode())["id"]
    client.create_deployment(restApiId=api, stageName="test")
    stage = f"{cloud.endpoint}/_aws/execute-api/{api}/test"

    statuses = [
        http.request("GET", stage + path).status for path in ("/scheme", "/extension", "/open")
    ]
    resources = client.get_resources(restApiId=api, embed=["methods"])["items"]
    client.delete_rest_api(restApiId=api)

    assert statuses == [403, 403, 200]
    types = {
        resource["path"]: method["authorizationType"]
        for resource in resources
        for method in resource.get("resourceMethods", {}).values()
    }
    assert types == {"/scheme": "AWS_IAM", "/extension": "AWS_IAM", "/open": "NONE"}
