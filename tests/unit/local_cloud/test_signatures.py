"""Signatures made by botocore are accepted, and nothing else is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.localstack_plugin.credentials import Caller
from local.localstack_plugin.signatures import SignatureError, SignedRequest, verify

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CALLER = Caller("LSIAKEY", "secret/+", "token==", "000000000000", "AROA:me", "arn:aws:sts::me")
URL = "http://127.0.0.1:4566/_aws/execute-api/abc/prod/a%20b/%C3%A4/?b=2&a=%2F&a="

type Sign = Callable[..., SignedRequest]


@pytest.fixture
def sign(monkeypatch: pytest.MonkeyPatch) -> Sign:
    def sign_request(
        url: str = URL,
        body: bytes = b'{"a": 1}',
        caller: Caller = CALLER,
        at: datetime = NOW,
        service: str = "execute-api",
        region: str = "us-east-1",
    ) -> SignedRequest:
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: at)
        request = AWSRequest("POST", url, headers={"X-Note": "a   b"}, data=body)
        credentials = Credentials(caller.access_key, caller.secret_key, caller.session_token)
        SigV4Auth(credentials, service, region).add_auth(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        return SignedRequest("POST", url, headers | {"host": "127.0.0.1:4566"}, body)

    return sign_request


def check(request: SignedRequest) -> Caller:
    return verify(request, "us-east-1", {CALLER.access_key: CALLER}.get, NOW)


def refusal(request: SignedRequest) -> SignatureError:
    with pytest.raises(SignatureError) as refused:
        check(request)
    return refused.value


@pytest.mark.parametrize(
    "body", [b"", b"{}", "ä".encode(), b"x" * 300_000], ids=["none", "json", "text", "large"]
)
def test_a_signed_request_names_its_caller(sign: Sign, body: bytes) -> None:
    assert check(sign(body=body)) == CALLER


def test_headers_added_on_the_way_do_not_matter(sign: Sign) -> None:
    request = sign()

    assert check(replace(request, headers={**request.headers, "via": "proxy"})) == CALLER


def test_without_a_signature_a_token_is_missing(sign: Sign) -> None:
    error = refusal(replace(sign(), headers={}))

    assert error.error_type == "MissingAuthenticationTokenException"
    assert error.message == "Missing Authentication Token"


@pytest.mark.parametrize("header", ["Bearer abc", "AWS4-HMAC-SHA256 Credential=a", "nonsense"])
def test_a_header_that_is_no_signature_is_incomplete(sign: Sign, header: str) -> None:
    request = sign()

    error = refusal(replace(request, headers={**request.headers, "authorization": header}))

    assert error.error_type == "IncompleteSignatureException"
    assert "parameter" in error.message


def altered_header(name: str, value: str) -> Callable[[SignedRequest], SignedRequest]:
    return lambda request: replace(request, headers={**request.headers, name: value})


@pytest.mark.parametrize(
    "alter",
    [
        lambda request: replace(request, body=b'{"a": 2}'),
        lambda request: replace(request, method="PUT"),
        lambda request: replace(request, url=request.url.replace("b=2", "b=3")),
        lambda request: replace(request, url=request.url.replace("a%20b", "a%20c")),
        altered_header("x-note", "other"),
        altered_header("host", "elsewhere"),
    ],
    ids=["body", "method", "query", "path", "header", "host"],
)
def test_what_was_altered_does_not_match(
    sign: Sign, alter: Callable[[SignedRequest], SignedRequest]
) -> None:
    error = refusal(alter(sign()))

    assert error.error_type == "InvalidSignatureException"
    assert error.message.startswith("The request signature we calculated does not match")


def test_a_wrong_secret_does_not_match(sign: Sign) -> None:
    error = refusal(sign(caller=replace(CALLER, secret_key="guess")))

    assert error.error_type == "InvalidSignatureException"


@pytest.mark.parametrize(
    "caller",
    [replace(CALLER, access_key="OTHER"), replace(CALLER, session_token="stolen")],
    ids=["key", "token"],
)
def test_unknown_credentials_are_invalid(sign: Sign, caller: Caller) -> None:
    error = refusal(sign(caller=caller))

    assert error.error_type == "UnrecognizedClientException"
    assert error.message == "The security token included in the request is invalid."


@pytest.mark.parametrize("unsigned", ["UNSIGNED-PAYLOAD", "0" * 64])
def test_the_body_counts_and_not_what_a_header_says_of_it(sign: Sign, unsigned: str) -> None:
    error = refusal(altered_header("x-amz-content-sha256", unsigned)(sign()))

    assert error.error_type == "InvalidSignatureException"


@pytest.mark.parametrize(
    ("service", "region"), [("sqs", "us-east-1"), ("execute-api", "eu-west-1")]
)
def test_a_signature_for_elsewhere_is_refused(sign: Sign, service: str, region: str) -> None:
    error = refusal(sign(service=service, region=region))

    assert "Credential should be scoped to" in error.message


def test_a_signature_is_good_for_five_minutes_around_its_time(sign: Sign) -> None:
    limit, beyond = timedelta(minutes=5), timedelta(minutes=5, seconds=1)

    assert check(sign(at=NOW - limit)) == check(sign(at=NOW + limit)) == CALLER
    assert refusal(sign(at=NOW - beyond)).message == (
        "Signature expired: 20261121T115459Z is now earlier than 20261121T115500Z"
        " (20261121T120000Z - 5 min.)"
    )
    assert refusal(sign(at=NOW + beyond)).message == (
        "Signature not yet current: 20261121T120501Z is still later than 20261121T120500Z"
        " (20261121T120000Z + 5 min.)"
    )


def test_without_a_date_or_with_nonsense_it_is_incomplete(sign: Sign) -> None:
    for date in ("", "yesterday"):
        assert refusal(altered_header("x-amz-date", date)(sign())).error_type in (
            "IncompleteSignatureException",
            "InvalidSignatureException",
        )
