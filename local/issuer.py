"""An issuer of bearer tokens (OIDC, RS256): the local cloud's, or any whose key is at hand."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from filelock import FileLock
from jwt.algorithms import RSAAlgorithm

from local.cloud import Cloud

AUDIENCE = "payments"
LIFETIME = timedelta(hours=1)
_BUCKET = "token-issuer"
_JWKS_KEY = ".well-known/jwks.json"


class UnusableKey(Exception):
    """The file holds no key to sign with."""


@dataclass(frozen=True)
class Issuer:
    url: str
    """The `iss` of its tokens."""
    audience: str
    """The `aud` of its tokens, unless another is asked for."""
    key: rsa.RSAPrivateKey = field(repr=False)
    key_id: str = ""
    """By default the key's thumbprint (RFC 7638)."""

    @property
    def jwks_url(self) -> str:
        return f"{self.url}/{_JWKS_KEY}"

    def token(
        self,
        customer_id: str,
        *,
        lifetime: timedelta = LIFETIME,
        audience: str | None = None,
        **claims: Any,
    ) -> str:
        """A signed token whose subject is the customer; `claims` are added, or override."""
        now = datetime.now(UTC)
        payload = {
            "iss": self.url,
            "aud": audience or self.audience,
            "sub": customer_id,
            "iat": now,
            "exp": now + lifetime,
        }
        return jwt.encode(payload | claims, self.key, "RS256", {"kid": self.public_key["kid"]})

    @cached_property
    def public_key(self) -> dict[str, Any]:
        """As a JSON Web Key (RFC 7517)."""
        key = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        identity = {"e": key["e"], "kty": key["kty"], "n": key["n"]}
        digest = hashlib.sha256(json.dumps(identity, separators=(",", ":")).encode()).digest()
        thumbprint = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return identity | {"kid": self.key_id or thumbprint, "use": "sig", "alg": "RS256"}


def local_issuer(cloud: Cloud) -> Issuer:
    """The issuer of a local cloud, which is a public bucket; made at the first call."""
    path = cloud.folder / "issuer.pem"
    url = f"{cloud.endpoint}/{_BUCKET}"
    with FileLock(path.with_suffix(".lock")):
        if path.exists():
            return Issuer(url, AUDIENCE, read_key(path))
        issuer = Issuer(url, AUDIENCE, rsa.generate_private_key(65537, 2048))
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket=_BUCKET)
        s3.put_object(
            Bucket=_BUCKET,
            Key=_JWKS_KEY,
            Body=json.dumps({"keys": [issuer.public_key]}),
            ContentType="application/json",
            ACL="public-read",
        )
        _write_key(path, issuer.key)
        return issuer


def read_key(path: Path) -> rsa.RSAPrivateKey:
    """Raises `UnusableKey` when the file is no RSA private key without a passphrase (PEM)."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise UnusableKey(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise UnusableKey(f"{path} must be an RSA private key in PEM without a passphrase")
    return key


def _write_key(path: Path, key: rsa.RSAPrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    unfinished = path.with_suffix(".unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    unfinished.rename(path)
