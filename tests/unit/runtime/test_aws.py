"""What calls to AWS have in common."""

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


def test_a_fault_of_ours_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), aws.answering("DynamoDB"):
        _ = 1 / 0
