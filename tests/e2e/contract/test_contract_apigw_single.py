"""Answers of `apigw-single`."""

from tests.e2e.contract.answers import documented, test_no_other_token_lets_anybody_in

__all__ = ["test_no_other_token_lets_anybody_in"]

VARIANT = "apigw-single"
test_every_answer_is_as_documented = documented("apigw")
