"""What calls to AWS have in common."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from runtime import aws
from runtime.errors import Unavailable


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (ReadTimeoutError(endpoint_url="https://ada@example.com"), "ReadTimeoutError"),
        (ResponseParserError("ada@example.com"), "ResponseParserError"),
        (
            ClientError({"Error": {"Code": "Throttling", "Message": "ada@example.com"}}, "Put"),
            "Throttling",
        ),
    ],
)
def test_a_call_that_fails_makes_its_service_unavailable_without_quoting_it(
    failure: Exception, reason: str
) -> None:
    @aws.answering("DynamoDB")
    def call() -> None:
        raise failure

    for _ in range(2):
        with pytest.raises(Unavailable) as unavailable:
            call()
        assert str(unavailable.value) == f"DynamoDB: {reason}"


@pytest.mark.parametrize("name", ["sqs", "sns", "events", "dynamodb", "ses"])
def test_a_call_that_hangs_ends_after_six_seconds(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.setattr(boto3, "DEFAULT_SESSION", None)
    environment.setenv("AWS_ACCESS_KEY_ID", "test")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
    environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client: Any = getattr(aws, name).__wrapped__()

    config = client.meta.config
    attempts = config.retries["total_max_attempts"]
    pauses = attempts - 1  # of a second at most, as long as there is only one
    assert pauses <= 1
    assert attempts * (config.connect_timeout + config.read_timeout) + pauses <= 6


def test_a_fault_of_ours_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), aws.answering("DynamoDB"):
        _ = 1 / 0
