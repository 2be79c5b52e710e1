"""What a client may send to pay a premium."""

from typing import Any

import pytest
from pydantic import ValidationError

from contracts.api import PaymentSubmission
from tests.builders import body, submission

ADA = {"id": "C-1", "name": "Ada", "email": "ada@example.com"}


def test_a_valid_submission_is_accepted() -> None:
    accepted = submission()

    assert (accepted.policy_id, accepted.customer.id, accepted.period) == ("P-1", "C-1", "2026-11")
    assert str(accepted.amount) == "49.90 EUR"


@pytest.mark.parametrize(
    "unknown",
    [
        {"note": "please"},
        {"policy_ID": "P-1"},
        {"customer": ADA | {"phone": "1"}},
        {"amount": {"value": "49.90", "currency": "EUR", "cents": 4990}},
    ],
)
def test_unknown_fields_are_refused_since_they_may_be_misspelt(unknown: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        submission(**unknown)


@pytest.mark.parametrize("field", ["policyId", "customer", "amount", "period"])
def test_every_field_is_required(field: str) -> None:
    incomplete = body()
    del incomplete[field]

    with pytest.raises(ValidationError, match="Field required"):
        PaymentSubmission.model_validate(incomplete)


@pytest.mark.parametrize("name", ["", "x" * 201, "line\nbreak", "tab\tstop", "nul\x00", "\x7f", 7])
def test_a_name_is_at_most_200_printable_characters(name: object) -> None:
    with pytest.raises(ValidationError):
        submission(customer=ADA | {"name": name})


def test_a_name_may_be_written_in_any_script() -> None:
    assert submission(customer=ADA | {"name": "Łukasz 王 O'Neil 😀"}).customer.name


@pytest.mark.parametrize(
    "email", ["", "ada", "@example.com", "ada@", "a@b@c", "a b@c", "a@b\n", f"{'x' * 250}@b.cd", 1]
)
def test_an_email_address_has_one_at_sign_and_no_white_space(email: object) -> None:
    with pytest.raises(ValidationError):
        submission(customer=ADA | {"email": email})


def test_errors_do_not_repeat_the_input_since_it_may_be_personal() -> None:
    with pytest.raises(ValidationError) as refused:
        submission(customer=ADA | {"name": "Ada\nLovelace", "email": "ada(at)example.com"})

    assert "Lovelace" not in str(refused.value)
    assert "example.com" not in str(refused.value)
