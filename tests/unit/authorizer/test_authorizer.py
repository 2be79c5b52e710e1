"""The bearer-token authorizer lets in whom the issuer vouches for, and nobody else."""

import base64
import hashlib
import hmac
import io
import json
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt import jwks_client

from authorizer.handler import handler, keys
from local.issuer import Issuer

ARN = "arn:aws:execute-api:us-east-1:000000000000:api/v1/POST/payments"


def issuer(url: str = "https://issuer.example", key_id: str = "") -> Issuer:
    return Issuer(url, "payments", rsa.generate_private_key(65537, 2048), key_id)


ISSUER = issuer()


class KeyServer:
    """The issuer's HTTP server, in place of the network."""

    def __init__(self) -> None:
        self.answer = json.dumps({"keys": [ISSUER.public_key]})
        self.is_reachable = True
        self.requests = 0

    def open(self, url: object, data: object = None, timeout: object = None) -> io.BytesIO:
        assert timeout
        self.requests += 1
        if not self.is_reachable:
            raise URLError("no route to host")
        return io.BytesIO(self.answer.encode())


@pytest.fixture(autouse=True)
def key_server(environment: pytest.MonkeyPatch) -> Iterator[KeyServer]:
    server = KeyServer()
    environment.setattr(
        urllib.request.OpenerDirector,
        "open",
        lambda _, *request, **more: server.open(*request, **more),
    )
    environment.setenv("TOKEN_ISSUER", ISSUER.url)
    environment.setenv("TOKEN_AUDIENCE", ISSUER.audience)
    environment.setenv("TOKEN_JWKS_URL", ISSUER.jwks_url)
    keys.cache_clear()
    yield server
    keys.cache_clear()


def authorize(token: str, arn: str = ARN) -> dict[str, Any]:
    event = {"type": "TOKEN", "authorizationToken": f"Bearer {token}", "methodArn": arn}
    return handler(event, None)


def refuses(token: str) -> None:
    # API Gateway takes exactly this message for 401.
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(token)


def text(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def test_a_valid_token_lets_its_subject_in() -> None:
    token = ISSUER.token("C-1")

    answer = authorize(token)

    assert answer["principalId"] == "C-1"
    assert answer["context"] == {"exp": claims(token)["exp"]}


def test_the_policy_covers_every_route_of_the_stage_because_the_gateway_caches_it() -> None:
    (statement,) = authorize(ISSUER.token("C-1"))["policyDocument"]["Statement"]

    assert statement == {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": "arn:aws:execute-api:us-east-1:000000000000:api/v1/*",
    }


def test_the_keys_are_fetched_once(key_server: KeyServer) -> None:
    authorize(ISSUER.token("C-1"))
    authorize(ISSUER.token("C-2"))

    assert key_server.requests == 1


def test_a_forged_signature_is_refused() -> None:
    header, payload, _ = ISSUER.token("C-1").split(".")
    forger = issuer(key_id=str(ISSUER.public_key["kid"]))

    refuses(forger.token("C-1"))
    refuses(f"{header}.{payload}.{text('signature')}")


def test_changed_claims_are_refused() -> None:
    token = ISSUER.token("C-1")
    header, _, signature = token.split(".")

    refuses(f"{header}.{text(claims(token) | {'sub': 'C-2'})}.{signature}")


def test_an_expired_token_is_refused() -> None:
    refuses(ISSUER.token("C-1", lifetime=timedelta(seconds=-30)))


def test_a_token_that_is_not_valid_yet_is_refused() -> None:
    refuses(ISSUER.token("C-1", nbf=4_000_000_000))


def test_a_token_for_another_audience_is_refused() -> None:
    refuses(ISSUER.token("C-1", audience="claims"))


def test_a_token_of_another_issuer_is_refused() -> None:
    refuses(ISSUER.token("C-1", iss="https://other.example"))


@pytest.mark.parametrize("claim", ["sub", "exp", "iss", "aud"])
def test_a_token_must_say_who_until_when_by_whom_and_for_whom(claim: str) -> None:
    incomplete = claims(ISSUER.token("C-1"))
    del incomplete[claim]

    refuses(jwt.encode(incomplete, ISSUER.key, "RS256", {"kid": ISSUER.public_key["kid"]}))


def test_a_subject_that_is_not_text_is_refused() -> None:
    refuses(ISSUER.token("C-1", sub=1))


def test_an_unsigned_token_is_refused() -> None:
    token = ISSUER.token("C-1")
    header = {"alg": "none", "typ": "JWT", "kid": ISSUER.public_key["kid"]}

    refuses(f"{text(header)}.{text(claims(token))}.")


def test_the_public_key_is_no_shared_secret() -> None:
    """The classic confusion of algorithms: HS256 with the public key as the secret."""
    secret = ISSUER.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = {"alg": "HS256", "typ": "JWT", "kid": ISSUER.public_key["kid"]}
    signed = f"{text(header)}.{text(claims(ISSUER.token('C-1')))}"
    digest = hmac.digest(secret, signed.encode(), hashlib.sha256)

    refuses(f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}")


def test_a_key_that_the_issuer_does_not_publish_is_refused() -> None:
    refuses(issuer(key_id="unknown").token("C-1"))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "ä.ö.ü", "Bearer", "a" * 10_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    refuses(token)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=9), some),
    max_leaves=8,
)
HEADER = st.text(st.characters(exclude_categories=["Cs"]))  # as JSON hands it over
PART = st.one_of(
    JSON.map(text),
    st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()),
    st.integers(1, 7_000).map(lambda depth: base64.urlsafe_b64encode(b"[" * depth).decode()),
    HEADER,
)


@given(HEADER | st.lists(PART, min_size=2, max_size=5).map(".".join))
def test_no_header_is_a_fault_of_ours(header: str) -> None:
    for sent in (header, f"Bearer {header}"):
        with pytest.raises(Exception, match=r"^Unauthorized$"):
            handler({"type": "TOKEN", "authorizationToken": sent, "methodArn": ARN}, None)


TOKEN = ISSUER.token("C-1")


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "x5u"]), JSON))
def test_no_forged_header_of_a_token_lets_anybody_in(changes: dict[str, Any]) -> None:
    header, payload, signature = TOKEN.split(".")
    changed = jwt.get_unverified_header(TOKEN) | changes
    if text(changed) != header:
        refuses(f"{text(changed)}.{payload}.{signature}")


@given(st.dictionaries(st.sampled_from(["sub", "exp", "nbf", "iat", "iss", "aud", "jti"]), JSON))
def test_whatever_the_issuer_has_signed_is_a_policy_or_a_refusal(changes: dict[str, Any]) -> None:
    headers = {"kid": ISSUER.public_key["kid"]}
    token = jwt.api_jws.encode(
        json.dumps(claims(TOKEN) | changes).encode(), ISSUER.key, "RS256", headers
    )
    try:
        outcome = authorize(token)["principalId"]
    except Exception as error:  # noqa: BLE001
        outcome = str(error)
    assert outcome in ("Unauthorized", changes.get("sub", "C-1"))


def test_a_new_key_is_found_although_the_old_ones_are_cached(
    key_server: KeyServer, environment: pytest.MonkeyPatch
) -> None:
    authorize(ISSUER.token("C-1"))
    rotated = issuer()
    key_server.answer = json.dumps({"keys": [ISSUER.public_key, rotated.public_key]})

    in_a_minute = time.monotonic() + 60
    environment.setattr(jwks_client, "time", SimpleNamespace(monotonic=lambda: in_a_minute))
    assert authorize(rotated.token("C-2"))["principalId"] == "C-2"


def test_unknown_keys_do_not_flood_the_key_server(key_server: KeyServer) -> None:
    forger = issuer()
    for _ in range(5):
        refuses(forger.token("C-1"))

    assert key_server.requests == 1


def test_while_the_keys_cannot_be_fetched_nobody_is_called_unauthorized(
    key_server: KeyServer,
) -> None:
    """The token may be good: the client must hear 5xx and repeat, not 401 and log in again."""
    key_server.is_reachable = False
    with pytest.raises(jwt.PyJWKClientConnectionError):
        authorize(ISSUER.token("C-1"))

    key_server.is_reachable = True
    assert authorize(ISSUER.token("C-1"))


@pytest.mark.parametrize("answer", ["<html>maintenance</html>", "{}", '{"keys": []}'])
def test_nor_while_the_key_server_answers_with_something_else(
    key_server: KeyServer, answer: str
) -> None:
    key_server.answer = answer

    with pytest.raises((jwt.PyJWKSetError, ValueError)):
        authorize(ISSUER.token("C-1"))
