"""A CloudFormation custom resource that brings the database schema up to date on deploy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html. CloudFormation calls
it again only when a property changes: SchemaHash names the schema that the template expects.
"""

import json
import time
from typing import Any

import urllib3
from aws_lambda_powertools.utilities.typing import LambdaContext
from psycopg import Connection, OperationalError

from migrations.roles import grant_application_role
from migrations.runner import migrate, schema_hash
from runtime.database import DatabaseSettings, connect
from runtime.logs import logger

_CONNECT_ATTEMPTS = 5


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Creates and updates apply what is missing; a delete changes nothing."""
    try:
        if event["RequestType"] != "Delete":
            _apply(event["ResourceProperties"])
    except Exception as error:  # noqa: BLE001
        # The answer is the report: unanswered, the deployment would wait before it fails, and
        # raised again, Lambda would repeat the migration during the rollback.
        logger.exception("the schema is not up to date")
        _answer(event, "FAILED", f"{type(error).__name__}: {error}")
    else:
        _answer(event, "SUCCESS", "")


def _apply(properties: dict[str, Any]) -> None:
    if properties["SchemaHash"] != schema_hash():
        raise ValueError(
            f"SchemaHash is {properties['SchemaHash']} in the template, but the deployed "
            f"migrations are {schema_hash()}"
        )
    is_dsql = DatabaseSettings.from_environment().dsql_endpoint is not None
    with _connection() as connection:
        applied = migrate(connection, dsql=is_dsql)
        if is_dsql:
            grant_application_role(connection, properties["ApplicationRoleArns"])
    logger.info("schema is up to date", extra={"applied": applied})


def _connection() -> Connection:
    """A new cluster, and the right to connect to it, may take a moment to be known everywhere."""
    for attempt in range(_CONNECT_ATTEMPTS - 1):
        try:
            return connect()
        except OperationalError:
            time.sleep(2**attempt)
    return connect()


def _answer(event: dict[str, Any], status: str, reason: str) -> None:
    body = {
        "Status": status,
        "Reason": reason[:1000],
        # Constant: a changed id would make CloudFormation delete the "old" resource.
        "PhysicalResourceId": "schema",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    answer = urllib3.request(
        "PUT",
        event["ResponseURL"],
        body=json.dumps(body).encode(),
        headers={"Content-Type": ""},  # part of the presigned signature
        timeout=10,
        retries=urllib3.Retry(3, backoff_factor=0.5),
    )
    logger.info("CloudFormation has the answer", extra={"status": status, "http": answer.status})
