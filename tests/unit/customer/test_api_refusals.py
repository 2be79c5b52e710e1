"""What the API refuses before it asks the database: bad input, missing identity, other origins."""

import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from customer import api
from tests.builders import LambdaContext, api_event, body

KEY = {"Idempotency-Key": "key-1"}
ORIGINS = ("https://shop.example", "https://app.example")


@pytest.fixture(autouse=True)
def _settings(environment: pytest.MonkeyPatch) -> Iterator[None]:
    environment.setenv("DESTINATION", "https://sqs.example/sales")
    environment.setenv("SUBSCRIBERS", "sales")
    environment.setenv("ALLOWED_ORIGINS", ",".join(ORIGINS))
    yield from _fresh()


def _fresh() -> Iterator[None]:
    caches = (api.settings, api.app)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def call(method: str, path: str, **event: Any) -> dict[str, Any]:
    return api.handler(api_event(method, path, **event), LambdaContext())  # type: ignore[arg-type]


def post(body: Any, headers: dict[str, str] = KEY, **event: Any) -> dict[str, Any]:
    return call("POST", "/payments", body=body, headers=headers, **event)


def headers(answer: dict[str, Any]) -> dict[str, str]:
    return {name: ",".join(values) for name, values in answer["multiValueHeaders"].items()}


def problem(answer: dict[str, Any], status: int) -> dict[str, Any]:
    """The problem details (RFC 9457) of an answer with this status."""
    assert answer["statusCode"] == status
    assert headers(answer)["Content-Type"] == "application/problem+json"
    details: dict[str, Any] = json.loads(answer["body"])
    assert details["type"] == "about:blank"
    assert details["status"] == status
    assert details["title"]
    assert details["detail"]
    assert details.keys() <= {"type", "title", "status", "detail", "errors"}
    return details


def pointers(answer: dict[str, Any]) -> list[str]:
    return [error["pointer"] for error in problem(answer, 400)["errors"]]


@pytest.mark.parametrize(
    "text",
    [
        *("{", "nothing", "{'policyId': 1}", '{"policyId": "P-1",}', "[" * 300_000, "\ufeff{}"),
        "9" * 5_000,  # JSON, but more digits than Python reads
        '{"policyId": -' + "9" * 5_000 + "}",
    ],
    ids=lambda text: text[:20],
)
def test_a_body_that_is_not_json_is_refused(text: str) -> None:
    assert problem(post(text), 400)["errors"] == [{"detail": "the body is not JSON", "pointer": ""}]


def test_a_body_that_is_not_text_is_refused() -> None:
    event = api_event("POST", "/payments", body="/////w==", headers=KEY)
    event["isBase64Encoded"] = True

    answer = api.handler(event, LambdaContext())  # type: ignore[arg-type]
    assert problem(answer, 400)["errors"] == [{"detail": "the body is not JSON", "pointer": ""}]


@pytest.mark.parametrize("text", [None, "", "null", "[]", "5", '"text"', "true"])
def test_a_body_that_is_no_object_is_refused(text: str | None) -> None:
    assert pointers(post(text)) == [""]


def test_an_empty_object_misses_every_field() -> None:
    assert pointers(post({})) == ["/policyId", "/customer", "/amount", "/period"]


def test_a_body_of_300_kilobytes_is_refused_in_a_few_words() -> None:
    answer = post(body(policyId="x" * 300_000))

    assert pointers(answer) == ["/policyId"]
    assert len(answer["body"]) < 1_000


def test_thousands_of_errors_are_cut_short() -> None:
    answer = post(body() | {f"field-{number}": 1 for number in range(20_000)})

    assert len(problem(answer, 400)["errors"]) == 20


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"policyId": 5}, "/policyId"),
        ({"policyId": None}, "/policyId"),
        ({"policyId": "\ud800"}, "/policyId"),
        ({"customer": "C-1"}, "/customer"),
        ({"customer": {"id": "C-1", "name": "Ada", "email": "ada"}}, "/customer/email"),
        ({"amount": "49.90"}, "/amount"),
        ({"amount": {"value": 49.90, "currency": "EUR"}}, "/amount/value"),
        ({"amount": {"value": "-49.90", "currency": "EUR"}}, "/amount/value"),
        ({"amount": {"value": "0.00", "currency": "EUR"}}, "/amount/value"),
        ({"amount": {"value": "49.905", "currency": "EUR"}}, "/amount/value"),
        ({"amount": {"value": "1e3", "currency": "EUR"}}, "/amount/value"),
        ({"amount": {"value": "NaN", "currency": "EUR"}}, "/amount/value"),
        ({"amount": {"value": float("nan"), "currency": "EUR"}}, "/amount/value"),
        ({"amount": {"value": "49.90", "currency": "euro"}}, "/amount/currency"),
        ({"period": "2026-13"}, "/period"),
        ({"a/b~c": 1}, "/a~1b~0c"),
    ],
    ids=str,
)
def test_an_invalid_part_is_named_by_a_json_pointer(change: dict[str, Any], pointer: str) -> None:
    assert pointers(post(body(**change))) == [pointer]


def test_refusals_do_not_repeat_personal_data(log: io.StringIO) -> None:
    ada = {"id": "C-1", "name": "Ada\nLovelace", "email": "ada@ex@ample.com"}
    answer = post(body(customer=ada))

    assert pointers(answer) == ["/customer/name", "/customer/email"]
    for text in (answer["body"], log.getvalue()):
        assert "Lovelace" not in text
        assert "ample.com" not in text


@pytest.mark.parametrize("key", [None, "", "k" * 256])
def test_a_payment_needs_an_idempotency_key_of_at_most_255_characters(key: str | None) -> None:
    answer = post(body(), headers={} if key is None else {"Idempotency-Key": key})

    (error,) = problem(answer, 400)["errors"]
    assert error["header"] == "idempotency-key"


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "Multipart/Form-Data; boundary=x",
    ],
)
@pytest.mark.parametrize("text", ["", "{}", "policyId=P-1", "--x\r\n\r\n€\r\n--x--"])
def test_a_body_of_another_media_type_is_refused(media_type: str, text: str) -> None:
    answer = post(text, headers=KEY | {"Content-Type": media_type})

    assert "application/json" in problem(answer, 415)["detail"]


@pytest.mark.parametrize(
    "identity", [{"subject": None}, {"subject": ""}, {"expires_in": -1}, {"expires_in": 0}], ids=str
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/payments"), ("GET", f"/payments/{UUID(int=1)}")]
)
def test_who_has_no_valid_identity_is_refused_also_where_the_gateway_let_it_in(
    method: str, path: str, identity: dict[str, Any]
) -> None:
    answer = call(method, path, body=body(), headers=KEY, **identity)

    assert "bearer token" in problem(answer, 401)["detail"]
    assert headers(answer)["WWW-Authenticate"] == "Bearer"


def test_a_malformed_request_id_is_refused() -> None:
    assert pointers(call("GET", "/payments/first")) == ["/requestId"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/payments"), ("DELETE", "/payments")]
)
def test_there_is_no_other_route(method: str, path: str) -> None:
    problem(call(method, path), 404)


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_browser_client_of_an_allowed_origin_may_pay(origin: str) -> None:
    preflight = headers(call("OPTIONS", "/payments", headers={"Origin": origin}, subject=None))

    assert preflight["Access-Control-Allow-Origin"] == origin
    assert {"POST", "GET"} <= set(preflight["Access-Control-Allow-Methods"].split(","))
    assert {"Authorization", "Content-Type", "Idempotency-Key"} <= set(
        preflight["Access-Control-Allow-Headers"].split(",")
    )


def test_a_browser_client_may_read_refusals_and_where_to_look() -> None:
    refused = headers(post("{", headers=KEY | {"Origin": ORIGINS[1]}))

    assert refused["Access-Control-Allow-Origin"] == ORIGINS[1]
    assert {"Location", "Retry-After"} <= set(refused["Access-Control-Expose-Headers"].split(","))


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://shop.example.evil", "http://shop.example", "null"]
)
def test_other_origins_get_no_permission(origin: str) -> None:
    for answer in (
        call("OPTIONS", "/payments", headers={"Origin": origin}, subject=None),
        post("{", headers=KEY | {"Origin": origin}),
    ):
        assert "Access-Control-Allow-Origin" not in headers(answer)


def test_without_allowed_origins_there_is_no_cors(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ALLOWED_ORIGINS", "")

    answer = post("{", headers=KEY | {"Origin": ORIGINS[0]})
    assert not [name for name in headers(answer) if name.startswith("Access-Control")]
