"""CloudFormation's custom resource always hears an answer, and a delete changes nothing."""

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from migrations.handler import handler
from migrations.runner import schema_hash
from tests.builders import LambdaContext
from tests.integration.conftest import TestDatabase


class CloudFormation:
    """Calls the function, and receives its answer at the presigned URL."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                length = int(self.headers["Content-Length"])
                # A presigned URL of S3 is signed without a content type.
                assert not self.headers["Content-Type"]
                answers.append(json.loads(self.rfile.read(length)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    def call(self, request: str, schema: str | None = None) -> dict[str, Any]:
        event = {
            "RequestType": request,
            "ResponseURL": f"http://127.0.0.1:{self.server.server_port}/answer",
            "StackId": "stack",
            "RequestId": "request",
            "LogicalResourceId": "Schema",
            "ResourceProperties": {
                "ServiceTimeout": "120",
                "SchemaHash": schema or schema_hash(),
                "ApplicationRoleArns": [],
            },
        }
        handler(event, LambdaContext())  # type: ignore[arg-type]
        return self.answers[-1]


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    caller = CloudFormation()
    with caller.server as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield caller
        server.shutdown()
        thread.join()


@pytest.fixture
def database(
    empty_database: TestDatabase, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> TestDatabase:
    monkeypatch.setenv("DATABASE_URL", empty_database.url)
    monkeypatch.setenv("DSQL_ENDPOINT", "")
    return empty_database


def tables(database: TestDatabase) -> int:
    ((count,),) = database.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    return int(count)


def test_create_and_update_bring_the_schema_up_to_date(
    cloudformation: CloudFormation, database: TestDatabase
) -> None:
    created = cloudformation.call("Create")

    assert created == {
        "Status": "SUCCESS",
        "Reason": "",
        "PhysicalResourceId": "schema",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Schema",
    }
    assert tables(database) == 6
    assert cloudformation.call("Update") == created


def test_a_delete_leaves_the_data(cloudformation: CloudFormation, database: TestDatabase) -> None:
    cloudformation.call("Create")

    assert cloudformation.call("Delete")["Status"] == "SUCCESS"
    assert tables(database) == 6


def test_a_delete_needs_no_database(
    cloudformation: CloudFormation, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")

    assert cloudformation.call("Delete")["Status"] == "SUCCESS"


def test_a_template_that_expects_another_schema_is_refused(
    cloudformation: CloudFormation, database: TestDatabase
) -> None:
    cloudformation.call("Create", schema="0000000000000000")

    (answer,) = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"] == "schema"
    assert "0000000000000000" in answer["Reason"]
    assert tables(database) == 0


def test_a_database_that_does_not_answer_fails_the_deployment(
    cloudformation: CloudFormation, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")

    monkeypatch.setattr("migrations.handler._CONNECT_ATTEMPTS", 1)

    cloudformation.call("Create")

    (answer,) = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert "connection" in answer["Reason"]
