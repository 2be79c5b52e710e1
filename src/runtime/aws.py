"""AWS clients: made once per execution environment, at first use."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from runtime.errors import Unavailable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef
    from types_boto3_events import EventBridgeClient
    from types_boto3_ses import SESClient
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient
    from types_boto3_ssm import SSMClient

# A call that hangs ends after 6 s at the latest: two attempts, and boto's pause between them, which
# is up to a second. It leaves a function of 10 s time to say so.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=1.5,
    retries={"mode": "standard", "total_max_attempts": 2},
)
# A mail may have gone out when its answer got lost: boto must not send it again by itself. So the
# only attempt has the time of two: until the claim ends, nobody can tell what became of the mail.
_ONCE = _CONFIG.merge(Config(read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1}))


@cache
def sqs() -> "SQSClient":
    return boto3.client("sqs", config=_CONFIG)


@cache
def dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=_CONFIG)


@cache
def ssm() -> "SSMClient":
    return boto3.client("ssm", config=_CONFIG)


@cache
def sns() -> "SNSClient":
    return boto3.client("sns", config=_CONFIG)


@cache
def events() -> "EventBridgeClient":
    return boto3.client("events", config=_CONFIG)


@cache
def ses() -> "SESClient":
    return boto3.client("ses", config=_ONCE)


@cache
def dsql() -> Any:  # the stubs lack the token methods that boto3 adds to this client
    return boto3.client("dsql", config=_CONFIG)


@contextmanager
def answering(name: str) -> Iterator[None]:
    """Raises Unavailable where AWS does not do what the block, or function, asks of it."""
    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise Unavailable(f"{name}: {reason(error)}") from error


def expires_in(days: int) -> "AttributeValueTypeDef":
    """The value of an attribute by which DynamoDB removes an item, in seconds since the epoch.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
    """
    return {"N": str(int(time.time()) + days * 86_400)}


def reason(error: Exception) -> str:
    """The kind of an error, without its message, which may quote personal data."""
    if isinstance(error, ClientError):
        return error.response["Error"].get("Code", "Unknown")
    return type(error).__name__
