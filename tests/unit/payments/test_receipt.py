"""The receipt's function tells the gateway by its words what went wrong."""

import time
from typing import Any
from uuid import uuid4

import pytest

from payments import receipt
from runtime.errors import OutcomeUnknown, Unavailable
from tests.builders import LambdaContext
from tests.unit.payments.conftest import World


@pytest.fixture
def ask(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(receipt, "orders", lambda: world.orders)

    def ask(request_id: object, *, subject: str = "C-1", expires_in: float = 60) -> Any:
        event = {
            "requestId": str(request_id),
            "subject": subject,
            "exp": str(int(time.time() + expires_in)),
        }
        return receipt.handler(event, LambdaContext())

    return ask


def test_a_receipt_says_what_was_paid(world: World, ask: Any) -> None:
    request = world.pay()

    assert ask(request.id) == {
        "requestId": str(request.id),
        "policyId": "P-1",
        "customerId": "C-1",
        "product": "home",
        "amount": {"value": "49.90", "currency": "EUR"},
        "period": "2026-11",
        "recordedAt": "2026-11-03T12:00:00Z",
    }


def test_a_request_of_nobody_or_of_another_is_not_found(world: World, ask: Any) -> None:
    request = world.pay()

    for request_id, subject in ((uuid4(), "C-1"), (request.id, "C-2")):
        with pytest.raises(receipt.ReceiptError, match=r"^NotFound: "):
            ask(request_id, subject=subject)


def test_a_payment_whose_outcome_is_unknown_has_no_receipt(world: World, ask: Any) -> None:
    world.services.fails = {"customer": OutcomeUnknown()}
    with pytest.raises(Unavailable):
        world.pay()

    with pytest.raises(receipt.ReceiptError, match=r"^NotPaid: "):
        ask(world.order().id)


def test_a_token_that_has_expired_is_not_accepted(world: World, ask: Any) -> None:
    request = world.pay()

    with pytest.raises(receipt.ReceiptError, match=r"^Unauthorized: "):
        ask(request.id, expires_in=-1)


@pytest.mark.parametrize("request_id", ["", "1", "../x", 'a"b'])
def test_what_is_no_request_id_is_invalid(ask: Any, request_id: str) -> None:
    with pytest.raises(receipt.ReceiptError, match=r"^Invalid: requestId must be a UUID$"):
        ask(request_id)
