"""Use case: another service has taken a payment, and the ledger notes the fact."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from customer.model import Payment
from customer.service import note
from payment_requests.premiums import PeriodPaid
from tests.builders import NOW, payment_accepted, policy
from tests.fakes import MemoryLedger

REQUEST = UUID(int=1)


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger(policy("P-1"))


def noted(
    ledger: MemoryLedger, request_id: UUID = REQUEST, minute: int = 0, **changes: Any
) -> None:
    details = payment_accepted(request_id, **changes).data
    note(details, NOW + timedelta(minutes=minute), ledger)


def test_a_payment_is_noted_as_it_was_made(ledger: MemoryLedger) -> None:
    noted(ledger)

    assert ledger.payments == [Payment(payment_accepted(REQUEST).data, NOW)]


def test_a_repetition_does_nothing(ledger: MemoryLedger) -> None:
    noted(ledger)
    noted(ledger, minute=1)

    assert [payment.paid_at for payment in ledger.payments] == [NOW]


@pytest.mark.parametrize(
    "change",
    [{"policy_id": "P-404"}, {"customer_id": "C-9"}, {"amount": {"value": "1", "currency": "USD"}}],
    ids=str,
)
def test_a_fact_is_not_refused(ledger: MemoryLedger, change: dict[str, Any]) -> None:
    noted(ledger, **change)

    assert len(ledger.payments) == 1


def test_a_fact_that_contradicts_the_ledger_is_for_a_person(ledger: MemoryLedger) -> None:
    noted(ledger)

    with pytest.raises(PeriodPaid, match="P-1 is paid for 2026-11 already"):
        noted(ledger, uuid4())
    assert len(ledger.payments) == 1
