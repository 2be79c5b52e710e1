"""An issuer that nobody can check tokens of is told of before a deployment."""

import pytest

from local.issuer import Issuer
from operations import checks


def test_an_issuer_with_keys_is_fine(issuer: Issuer) -> None:
    assert list(checks.issuer(issuer.jwks_url)) == []


@pytest.mark.parametrize("path", ["", "/nothing.json"])
def test_an_issuer_whose_keys_are_not_there_is_worth_a_warning(issuer: Issuer, path: str) -> None:
    (warning,) = checks.issuer(issuer.url + path)

    assert "nobody will be let in" in warning


def test_an_issuer_that_does_not_answer_is_worth_a_warning() -> None:
    (warning,) = checks.issuer("http://127.0.0.1:1/jwks.json")

    assert "nobody will be let in" in warning
