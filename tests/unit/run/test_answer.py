"""What an answer of the API means."""

from typing import Any

import pytest

from local.paying.payments_api import Answer


def test_a_problem_tells_what_is_invalid() -> None:
    errors = [
        {"pointer": "/amount/value", "detail": "must be a string"},
        {"header": "Idempotency-Key", "detail": "is required"},
    ]
    answer = Answer(400, {"title": "Bad Request", "detail": "not valid", "errors": errors})
    assert answer.reason == "/amount/value must be a string; Idempotency-Key is required"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"title": "Conflict", "detail": "paid already"}, "paid already"),
        ({"title": "Conflict"}, "Conflict"),
        ({"detail": "<html>Bad gateway</html>"}, "<html>Bad gateway</html>"),
        ({}, "status 400"),
    ],
)
def test_the_reason_is_the_most_telling_part(body: dict[str, Any], reason: str) -> None:
    assert Answer(400, body).reason == reason


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422])
def test_a_client_error_is_a_refusal(status: int) -> None:
    assert Answer(status, {}).refused


@pytest.mark.parametrize("status", [200, 201, 202, 429, 500, 502, 503, 504])
def test_anything_else_is_not(status: int) -> None:
    assert not Answer(status, {}).refused


def test_the_status_of_a_problem_is_no_state_of_a_request() -> None:
    assert Answer(422, {"status": 422}).state is None
    assert Answer(202, {"status": "accepted"}).state == "accepted"
