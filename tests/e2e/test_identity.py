"""Who may call: bearer tokens at the gateway and, because it caches, in the function again."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.e2e.conftest import Customer
from tests.e2e.test_bad_requests import assert_problem
from tests.eventually import eventually


def test_without_a_token_nobody_is_let_in(customer: Customer) -> None:
    answer = customer.pay(token=None)

    assert_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["nonsense", "a.b.c"])
def test_what_is_no_token_is_refused(customer: Customer, token: str) -> None:
    assert_problem(customer.pay(token=token), 401)


def test_a_token_signed_with_another_key_is_refused(customer: Customer) -> None:
    token = customer.token()
    forged = jwt.encode(
        jwt.decode(token, options={"verify_signature": False}),
        rsa.generate_private_key(65537, 2048),
        "RS256",
        {"kid": jwt.get_unverified_header(token)["kid"]},
    )

    assert_problem(customer.pay(token=forged), 401)


def test_a_token_whose_claims_were_altered_is_refused(customer: Customer) -> None:
    header, _, signature = customer.token().split(".")
    claims = json.dumps({"sub": customer.id, "exp": 9999999999}).encode()
    altered = base64.urlsafe_b64encode(claims).rstrip(b"=").decode()

    assert_problem(customer.pay(token=f"{header}.{altered}.{signature}"), 401)


@pytest.mark.parametrize(
    "claims",
    [{"aud": "claims"}, {"iss": "https://elsewhere.example"}, {"exp": 1}],
    ids=["wrong audience", "wrong issuer", "expired"],
)
def test_a_token_that_is_not_for_us_is_refused(
    customer: Customer, claims: dict[str, object]
) -> None:
    assert_problem(customer.pay(token=customer.token(**claims)), 401)


def test_a_token_expires_although_the_gateway_has_cached_its_authorization(
    customer: Customer,
) -> None:
    request_id = customer.request()
    token = customer.token(lifetime=timedelta(seconds=3))

    answer = eventually(
        lambda: a if (a := customer.ask(request_id, token=token)).status != 200 else None,
        "the token has expired",
    )

    assert_problem(answer, 401)
    assert "expired" in answer.json()["detail"]


def test_nobody_pays_in_the_name_of_another(new_customer: Callable[[], Customer]) -> None:
    ada, grace = new_customer(), new_customer()

    assert_problem(ada.pay(token=grace.token()), 403)


def test_another_customers_request_is_not_found(new_customer: Callable[[], Customer]) -> None:
    ada, grace = new_customer(), new_customer()
    request_id = ada.request()

    assert_problem(grace.ask(request_id), 404)
