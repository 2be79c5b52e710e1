"""Bearer tokens of our own issuer."""

import json
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from local import command_line
from local.issuer import Issuer, UnusableKey, read_key


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def issuer(key: rsa.RSAPrivateKey) -> Issuer:
    return Issuer("https://issuer.example", "payments", key)


def verified(token: str, issuer: Issuer, audience: str = "payments") -> dict[str, object]:
    jwks = jwt.PyJWKSet.from_dict({"keys": [issuer.public_key]})
    signing_key = jwks[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, object] = jwt.decode(
        token, signing_key, algorithms=["RS256"], issuer=issuer.url, audience=audience
    )
    return claims


def test_a_token_is_for_one_customer_and_verifies_with_the_published_key(issuer: Issuer) -> None:
    claims = verified(issuer.token("C-1"), issuer)
    assert claims["sub"] == "C-1"
    assert claims["exp"] - claims["iat"] == 3600  # type: ignore[operator]


def test_the_published_key_is_no_secret(issuer: Issuer) -> None:
    assert set(issuer.public_key) == {"kty", "n", "e", "kid", "use", "alg"}


def test_audience_lifetime_and_claims_can_be_others(issuer: Issuer) -> None:
    claims = verified(issuer.token("C-1", audience="x", jti="1"), issuer, audience="x")
    assert claims["jti"] == "1"
    expired = issuer.token("C-1", lifetime=timedelta(seconds=-1))
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(expired, issuer)


def test_another_issuers_key_id_can_be_named(key: rsa.RSAPrivateKey) -> None:
    token = Issuer("https://issuer.example", "payments", key, "key-7").token("C-1")
    assert jwt.get_unverified_header(token)["kid"] == "key-7"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: bytes = b"") -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption(),
    )


def test_a_key_is_read_from_its_file(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem(key))
    assert read_key(path).private_numbers() == key.private_numbers()


def test_an_unusable_key_is_refused(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    path = tmp_path / "key.pem"
    with pytest.raises(UnusableKey, match="No such file"):
        read_key(path)
    for content in (b"no key", pem(key, b"secret"), pem(ec.generate_private_key(ec.SECP256R1()))):
        path.write_bytes(content)
        with pytest.raises(UnusableKey, match="RSA private key in PEM without a passphrase"):
            read_key(path)


def test_the_key_set_to_publish_is_printed(
    tmp_path: Path, key: rsa.RSAPrivateKey, issuer: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "issuer.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )

    assert command_line.execute(["jwks", str(file)]) == 0

    assert json.loads(capsys.readouterr().out) == {"keys": [issuer.public_key]}
