"""Checks a bearer token (RFC 6750, RFC 7519) for API Gateway.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

import os
from functools import cache
from typing import Any

import jwt

_ALGORITHMS = ["RS256"]
_CLOCK_SKEW_SECONDS = 5


@cache
def keys() -> jwt.PyJWKClient:
    """The issuer's public keys, fetched at first use and kept for a while."""
    return jwt.PyJWKClient(os.environ["TOKEN_JWKS_URL"], lifespan=3600, timeout=3)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answers a policy for every public route, because the gateway caches it per token; the token's
    subject becomes the principal, and its expiry travels on for the functions to check again.
    """
    try:
        claims = _verify(event["authorizationToken"].removeprefix("Bearer "))
    except (jwt.PyJWKClientConnectionError, jwt.PyJWKSetError):
        raise  # no keys, so the token may be good: the gateway answers 500, not 401
    except jwt.PyJWTError as error:
        # API Gateway answers 401 to exactly this message, and 500 to any other.
        raise Exception("Unauthorized") from error  # noqa: TRY002
    api, stage, *_ = event["methodArn"].split("/")
    return {
        "principalId": claims["sub"],
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "execute-api:Invoke",
                    "Resource": f"{api}/{stage}/*",
                }
            ],
        },
        "context": {"exp": claims["exp"]},
    }


def _verify(token: str) -> dict[str, Any]:
    key = keys().get_signing_key_from_jwt(token)
    return jwt.decode(
        token,
        key,
        algorithms=_ALGORITHMS,
        issuer=os.environ["TOKEN_ISSUER"],
        audience=os.environ["TOKEN_AUDIENCE"],
        leeway=_CLOCK_SKEW_SECONDS,
        options={"require": ["exp", "sub", "iss", "aud"]},
    )
