"""Signature Version 4 of requests to methods with AWS_IAM authorization.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
The signature is made again with botocore's signer. Query-string signatures are not known here, and
whether the caller's role allows `execute-api:Invoke` is not evaluated.
"""

import datetime
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials as SigningCredentials

from .credentials import Caller

SERVICE = "execute-api"
_ALGORITHM = "AWS4-HMAC-SHA256"
_TIME_FORMAT = "%Y%m%dT%H%M%SZ"
_TOLERANCE = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class SignedRequest:
    """A request as it came over the wire: `url` with the raw path and query string."""

    method: str
    url: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class SignatureError(Exception):
    """Why a request is not accepted, with the error type that API Gateway names."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message


def verify(
    request: SignedRequest,
    region: str,
    find_caller: Callable[[str], Caller | None],
    now: datetime.datetime | None = None,
) -> Caller:
    """Who signed the request; SignatureError when nobody did, or not this request, or not now."""
    authorization = request.headers.get("authorization", "")
    if not authorization:
        raise SignatureError("MissingAuthenticationTokenException", "Missing Authentication Token")
    fields = _fields(authorization)
    access_key, *scope = fields["Credential"].split("/")
    signed_at = request.headers.get("x-amz-date", "")
    _check_scope(scope, signed_at, region)
    _check_time(signed_at, now or datetime.datetime.now(datetime.UTC))
    caller = find_caller(access_key)
    token = request.headers.get("x-amz-security-token")
    if caller is None or caller.session_token != token:
        raise SignatureError(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )
    signed_headers = fields["SignedHeaders"].split(";")
    if "host" not in signed_headers:
        raise _invalid("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    # botocore's signer believes this header, so it has to be true.
    said = request.headers.get("x-amz-content-sha256")
    if said is not None and said != hashlib.sha256(request.body).hexdigest():
        raise _invalid("The value of 'x-amz-content-sha256' is not the hash of the body.")
    expected = _signature(request, signed_headers, signed_at, region, caller)
    if not hmac.compare_digest(expected.encode(), fields["Signature"].encode()):
        raise _invalid(
            "The request signature we calculated does not match the signature you provided."
            " Check your AWS Secret Access Key and signing method."
            " Consult the service documentation for details."
        )
    return caller


def _fields(authorization: str) -> dict[str, str]:
    algorithm, _, rest = authorization.partition(" ")
    fields = dict(re.findall(r"(\w+)=([^,\s]+)", rest)) if algorithm == _ALGORITHM else {}
    missing = [name for name in ("Credential", "SignedHeaders", "Signature") if name not in fields]
    if missing:
        said = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        raise SignatureError("IncompleteSignatureException", said)
    return fields


def _check_scope(scope: list[str], signed_at: str, region: str) -> None:
    if not signed_at:
        raise SignatureError(
            "IncompleteSignatureException",
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        )
    if len(scope) != 4 or scope[3] != "aws4_request":
        raise SignatureError(
            "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements.",
        )
    date, scope_region, service, _ = scope
    if scope_region != region:
        raise _invalid("Credential should be scoped to a valid region. ")
    if service != SERVICE:
        raise _invalid(f"Credential should be scoped to correct service: '{SERVICE}'. ")
    if date != signed_at[:8]:
        raise _invalid(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date"
        )


def _check_time(signed_at: str, now: datetime.datetime) -> None:
    try:
        time = datetime.datetime.strptime(signed_at, _TIME_FORMAT).replace(tzinfo=datetime.UTC)
    except ValueError:
        raise SignatureError(
            "IncompleteSignatureException",
            "Date must be in ISO-8601 'basic format'.",
        ) from None
    first, last = (moment.strftime(_TIME_FORMAT) for moment in (now - _TOLERANCE, now + _TOLERANCE))
    at = now.strftime(_TIME_FORMAT)
    if time < now - _TOLERANCE:
        raise _invalid(
            f"Signature expired: {signed_at} is now earlier than {first} ({at} - 5 min.)"
        )
    if time > now + _TOLERANCE:
        raise _invalid(
            f"Signature not yet current: {signed_at} is still later than {last} ({at} + 5 min.)"
        )


class _Signer(SigV4Auth):
    """Signs just the headers it is given, where botocore leaves some out and adds others."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        headers = HTTPHeaders()
        for name, value in request.headers.items():
            headers[name.lower()] = value
        return headers


def _signature(
    request: SignedRequest, signed_headers: list[str], signed_at: str, region: str, caller: Caller
) -> str:
    # A header that was signed and is not there changes the canonical request, so it cannot match.
    headers = {name: request.headers[name] for name in signed_headers if name in request.headers}
    again = AWSRequest(request.method, request.url, headers=headers, data=request.body)
    again.context["timestamp"] = signed_at
    signer = _Signer(SigningCredentials(caller.access_key, caller.secret_key), SERVICE, region)
    canonical = signer.canonical_request(again)
    return str(signer.signature(signer.string_to_sign(again, canonical), again))


def _invalid(message: str) -> SignatureError:
    return SignatureError("InvalidSignatureException", message)
