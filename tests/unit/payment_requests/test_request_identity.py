"""A request is named by its client and key; its fingerprint tells whether the body is the same."""

from typing import Any

import pytest

from payment_requests.model import (
    ForeignCustomer,
    KeyReused,
    check_payer,
    fingerprint,
    request_id,
)
from tests.builders import body, request, submission

ADA = body()["customer"]


def test_the_same_key_of_the_same_client_names_the_same_request() -> None:
    assert request_id("C-1", "key") == request_id("C-1", "key")


def test_the_same_key_of_another_client_names_another_request() -> None:
    assert request_id("C-1", "key") != request_id("C-2", "key")
    assert request_id("C-1", "1key") != request_id("C-11", "key")


def test_ids_of_requests_never_change_since_clients_keep_them() -> None:
    assert str(request_id("C-1", "key")) == "d774e13d-9d0e-5df3-a9bb-7928ba897b9f"


def test_the_fingerprint_is_of_the_meaning_and_not_of_the_spelling() -> None:
    reordered = dict(reversed(body(amount={"currency": "EUR", "value": "49.9"}).items()))

    assert fingerprint(submission(**reordered)) == fingerprint(submission())


@pytest.mark.parametrize(
    "change",
    [
        {"policyId": "P-2"},
        {"period": "2026-12"},
        {"amount": {"value": "49.91", "currency": "EUR"}},
        {"amount": {"value": "49.90", "currency": "USD"}},
        {"customer": ADA | {"email": "other@example.com"}},
    ],
)
def test_every_field_is_part_of_the_fingerprint(change: dict[str, Any]) -> None:
    assert fingerprint(submission(**change)) != fingerprint(submission())


def test_a_fingerprint_shows_nothing_personal() -> None:
    assert set(fingerprint(submission())) <= set("0123456789abcdef")


def test_a_repeated_submission_is_the_same_request() -> None:
    known = request()

    assert known.same_as(submission()) is known


def test_a_key_that_comes_with_another_body_is_refused() -> None:
    with pytest.raises(KeyReused, match="use a new key"):
        request().same_as(submission(period="2026-12"))


def test_a_client_pays_only_for_itself() -> None:
    check_payer(submission(), "C-1")
    with pytest.raises(ForeignCustomer, match="must be the subject of the bearer token"):
        check_payer(submission(), "C-2")
