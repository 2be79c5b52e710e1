"""Answers of `pubsub-three-events`."""

from hypothesis import given
from schemathesis import Case

from tests.e2e.contract.cases import TOKENS, cases
from tests.e2e.contract.conftest import Client
from tests.examples import examples

VARIANT = "pubsub-three-events"
schema = cases("pubsub")


@schema.parametrize()
def test_every_answer_is_as_documented(case: Case, client: Client) -> None:
    client.check(case)


@examples(20)
@given(TOKENS)
def test_no_other_token_lets_anybody_in(client: Client, token: str) -> None:
    client.check_refusal(token)
