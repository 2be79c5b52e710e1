"""What holds for the answers of every variant. Each has a module, and so a worker, of its own."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from schemathesis import Case

from tests.e2e.contract.cases import TOKENS, cases
from tests.e2e.contract.conftest import Client
from tests.examples import examples


def documented(pattern: str) -> Callable[..., Any]:
    """The test that every answer is as the OpenAPI document of this pattern says."""

    def test(case: Case, client: Client) -> None:
        client.check(case)

    return cases(pattern).parametrize()(test)


@examples(20)
@given(TOKENS)
def test_no_other_token_lets_anybody_in(client: Client, token: str) -> None:
    client.check_refusal(token)
