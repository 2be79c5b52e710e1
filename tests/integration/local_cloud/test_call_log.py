"""The local cloud writes down what its functions call, for tests/permissions."""

import json
from collections.abc import Callable
from typing import Any

from local.cloud import Cloud
from tests.integration.local_cloud.conftest import Function, Queue

CALLER = """
    import boto3
    def handler(event, context):
        sqs = boto3.client("sqs", endpoint_url=event["endpoint"])
        for _ in range(event["times"]):
            sqs.send_message(QueueUrl=event["queue"], MessageBody="hello")
"""
SIGNER = """
    import os, urllib.request
    import boto3
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    def handler(event, context):
        request = AWSRequest("GET", event["url"])
        credentials = boto3.Session().get_credentials()
        SigV4Auth(credentials, "execute-api", os.environ["AWS_REGION"]).add_auth(request)
        headers = dict(request.headers.items())
        urllib.request.urlopen(urllib.request.Request(event["url"], headers=headers)).read()
"""
BACKEND = """
    def handler(event, context):
        return {"statusCode": 200}
"""
SCHEMES = {
    "sigv4": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }
}


def calls(cloud: Cloud, function: Function) -> list[tuple[str, str]]:
    """Action and resource of each line about the function."""
    lines = map(json.loads, cloud.localstack.function_calls.read_text().splitlines())
    return [
        (line["action"], line["resource"]) for line in lines if line["function"] == function.name
    ]


def test_a_call_is_written_down_once_however_often_it_is_made(
    cloud: Cloud, make_function: Callable[..., Function], make_queue: Callable[..., Queue]
) -> None:
    function, queue = make_function(CALLER), make_queue()

    for times in (1, 3):
        function.invoke({"endpoint": cloud.endpoint, "queue": queue.url, "times": times})

    assert calls(cloud, function) == [("sqs:SendMessage", queue.arn)]


def test_a_signed_request_to_a_method_is_a_call_of_the_methods_path(
    cloud: Cloud, make_function: Callable[..., Function], make_api: Callable[..., str]
) -> None:
    operation = make_function(BACKEND).integration | {"security": [{"sigv4": []}]}
    url = make_api({"/orders/{id}": {"get": operation}}, components={"securitySchemes": SCHEMES})
    function = make_function(SIGNER)

    for order in (1, 2):
        assert function.invoke({"url": f"{url}/orders/{order}"}).error is None

    api, stage = url.split("/")[-2:]
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{api}/{stage}/GET/orders/{{id}}"
    assert calls(cloud, function) == [("execute-api:Invoke", arn)]


def test_calls_of_others_are_not_written_down(
    cloud: Cloud, make_queue: Callable[..., Queue]
) -> None:
    queue: Any = make_queue()
    queue.send("hello")

    log = cloud.localstack.function_calls
    assert not log.exists() or queue.arn not in log.read_text()
