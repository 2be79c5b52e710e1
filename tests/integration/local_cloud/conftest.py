"""Tiny functions and REST APIs in the local cloud, gone when the test ends."""

import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from textwrap import dedent
from typing import Any
from uuid import uuid4

import pytest
import urllib3

from local.cloud import Cloud
from tests.eventually import eventually

ROLE = "arn:aws:iam::000000000000:role/tests"

type Json = dict[str, Any]


@dataclass(frozen=True)
class Invocation:
    payload: Any
    error: str | None
    """FunctionError of the answer."""
    log: str
    """The last 4 KB."""


@dataclass(frozen=True)
class Function:
    name: str
    arn: str
    client: Any

    def invoke(self, event: Any = None) -> Invocation:
        answer = self.client.invoke(
            FunctionName=self.name, Payload=json.dumps(event).encode(), LogType="Tail"
        )
        return Invocation(
            json.loads(answer["Payload"].read() or "null"),
            answer.get("FunctionError"),
            base64.b64decode(answer["LogResult"]).decode(),
        )

    @property
    def integration(self) -> Json:
        """For an OpenAPI operation: the function behind it, as proxy."""
        return {
            "x-amazon-apigateway-integration": {
                "type": "aws_proxy",
                "httpMethod": "POST",
                "uri": self.uri,
            }
        }

    @property
    def uri(self) -> str:
        prefix = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions"
        return f"{prefix}/{self.arn}/invocations"


@dataclass(frozen=True)
class Queue:
    url: str
    arn: str
    client: Any

    def send(self, body: str, **options: str) -> None:
        self.client.send_message(QueueUrl=self.url, MessageBody=body, **options)

    def receive(self) -> Json:
        """The next message, which is then deleted."""

        def next_message() -> Json | None:
            found = self.client.receive_message(
                QueueUrl=self.url, WaitTimeSeconds=5, MessageAttributeNames=["All"]
            )
            return next(iter(found.get("Messages", [])), None)

        message = eventually(next_message, f"a message in {self.arn}")
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return message


def zipped(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, dedent(text))
    return content.getvalue()


@pytest.fixture
def make_function(cloud: Cloud) -> Iterator[Callable[..., Function]]:
    """Makes a function of source code with a `handler(event, context)`, or of a folder."""
    client = cloud.client("lambda")
    with ExitStack() as stack:

        def make(source: str = "", *, folder: str = "", **configuration: Any) -> Function:
            name = f"test-{uuid4()}"
            hot = {"S3Bucket": "hot-reload", "S3Key": folder}
            code = hot if folder else {"ZipFile": zipped({"app.py": source})}
            made = client.create_function(
                **{"Timeout": 5, "MemorySize": 256, "Handler": "app.handler"} | configuration,
                FunctionName=name,
                Runtime="python3.13",
                Role=ROLE,
                Code=code,
            )
            stack.callback(client.delete_function, FunctionName=name)
            waiter = client.get_waiter("function_active_v2")
            waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
            return Function(name, made["FunctionArn"], client)

        yield make


@pytest.fixture
def make_queue(cloud: Cloud) -> Iterator[Callable[..., Queue]]:
    """Makes a queue with these attributes; a FIFO queue has a name that says so."""
    client = cloud.client("sqs")
    with ExitStack() as stack:

        def make(**attributes: str) -> Queue:
            name = f"test-{uuid4()}{'.fifo' if 'FifoQueue' in attributes else ''}"
            url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
            stack.callback(client.delete_queue, QueueUrl=url)
            described = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            return Queue(url, described["Attributes"]["QueueArn"], client)

        yield make


@pytest.fixture
def make_api(cloud: Cloud) -> Iterator[Callable[..., str]]:
    """Imports an OpenAPI 3.0 document and deploys it; gives the URL of the stage."""
    client = cloud.client("apigateway")
    with ExitStack() as stack:

        def make(paths: Json, **parts: Any) -> str:
            document = {
                "openapi": "3.0.1",
                "info": {"title": f"test-{uuid4()}", "version": "1"},
                "paths": paths,
                **parts,
            }
            api = client.import_rest_api(body=json.dumps(document).encode())["id"]
            stack.callback(client.delete_rest_api, restApiId=api)
            client.create_deployment(restApiId=api, stageName="test")
            return f"{cloud.endpoint}/_aws/execute-api/{api}/test"

        yield make


@pytest.fixture(scope="session")
def http() -> urllib3.PoolManager:
    return urllib3.PoolManager(retries=False, timeout=30)
