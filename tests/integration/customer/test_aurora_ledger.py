"""Policies and payments in PostgreSQL, as in Aurora."""

from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest
from pydantic import ValidationError

from contracts.events import PaymentDetails
from customer import portfolio
from customer.ledger import AuroraLedger
from customer.model import Payment
from payment_requests.premiums import Policy
from tests.builders import NOW, LambdaContext, payment_accepted, policy
from tests.dsql import PRODUCT
from tests.integration.conftest import TestDatabase


def payment(
    policy_id: str = "P-1", period: str = "2026-11", request_id: UUID | None = None
) -> Payment:
    accepted = payment_accepted(request_id, policy_id=policy_id, period=period)
    return Payment(PaymentDetails.model_validate(dict(accepted.data)), NOW)


def import_policies(*policies: Policy) -> dict[str, int]:
    event = {"policies": [policy.model_dump(mode="json") for policy in policies]}
    return portfolio.handler(event, LambdaContext())  # type: ignore[arg-type]


@pytest.fixture
def ledger(db: TestDatabase) -> AuroraLedger:
    return AuroraLedger(db.connect(PRODUCT))


def test_a_policy_is_found_as_it_was_imported(ledger: AuroraLedger) -> None:
    assert import_policies(policy(), policy("P-2", premium="999999999.99")) == {"imported": 2}

    assert ledger.policy("P-1") == policy()
    assert ledger.policy("P-2") == policy("P-2", premium="999999999.99")
    assert ledger.policy("P-3") is None


def test_importing_again_brings_policies_up_to_date(db: TestDatabase, ledger: AuroraLedger) -> None:
    import_policies(policy(), policy("P-2"))
    import_policies(policy(premium="59.90", product="motor", customer_id="C-2", currency="CHF"))

    assert ledger.policy("P-1") == policy(
        premium="59.90", product="motor", customer_id="C-2", currency="CHF"
    )
    assert ledger.policy("P-2") == policy("P-2")
    assert db.rows("SELECT count(*) FROM policies") == [(2,)]


def test_a_thousand_policies_are_imported_at_once_and_no_more(db: TestDatabase) -> None:
    policies = [policy(f"P-{number}") for number in range(1001)]

    with pytest.raises(ValidationError, match="at most 1000 items"):
        import_policies(*policies)
    assert db.rows("SELECT count(*) FROM policies") == [(0,)]
    assert import_policies(*policies[:1000]) == {"imported": 1000}


@pytest.mark.parametrize("broken", [{}, {"policies": []}, {"policies": [{"policyId": "P-1"}]}])
def test_a_broken_import_changes_nothing(db: TestDatabase, broken: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        portfolio.handler(broken, LambdaContext())  # type: ignore[arg-type]
    assert db.rows("SELECT count(*) FROM policies") == [(0,)]


def test_a_payment_is_recorded(db: TestDatabase, ledger: AuroraLedger) -> None:
    recorded = payment()

    assert ledger.record(recorded)
    assert db.rows(
        "SELECT request_id, policy_id, customer_id, product, period, amount, currency, paid_at"
        " FROM payments"
    ) == [
        (
            recorded.details.request_id,
            *("P-1", "C-1", "home", "2026-11", Decimal("49.90"), "EUR", NOW),
        )
    ]


def test_a_period_is_paid_once(db: TestDatabase, ledger: AuroraLedger) -> None:
    assert ledger.record(payment())
    assert not ledger.record(payment())
    assert db.rows("SELECT count(*) FROM payments") == [(1,)]


def test_a_request_pays_once(db: TestDatabase, ledger: AuroraLedger) -> None:
    request_id = uuid4()

    assert ledger.record(payment(request_id=request_id))
    assert not ledger.record(payment(period="2026-12", request_id=request_id))
    assert db.rows("SELECT count(*) FROM payments") == [(1,)]


def test_a_payment_stays_its_payers_when_the_policy_goes_to_another(
    ledger: AuroraLedger,
) -> None:
    import_policies(policy())
    mine = payment()
    ledger.record(mine)

    import_policies(policy(customer_id="C-2"))

    assert ledger.payment(mine.details.request_id) == mine
    assert ledger.payments_of("C-1", 12) == [mine]
    assert ledger.payments_of("C-2", 12) == []


def test_other_periods_and_policies_are_paid_for_themselves(ledger: AuroraLedger) -> None:
    assert ledger.record(payment())
    assert ledger.record(payment(period="2026-12"))
    assert ledger.record(payment("P-2"))


def test_the_table_itself_refuses_what_is_no_payment(db: TestDatabase) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        db.rows(
            "INSERT INTO payments VALUES"
            " (gen_random_uuid(), 'P-1', 'C-1', 'home', '2026-11', 0, 'EUR', now())"
        )
