"""Customer hears of payments, over a real database."""

import io
from uuid import UUID, uuid4

import pytest

from contracts.api import StepStatus
from contracts.events import PaymentDetails
from customer.ledger import AuroraLedger
from customer.model import Payment
from local.servers.postgres import Postgres
from tests.builders import NOW, published
from tests.integration.conftest import TestDatabase
from tests.integration.subscribers.conftest import Subscriber

REQUEST = UUID(int=1)


def ledger(db: TestDatabase) -> list[tuple[UUID, str, str]]:
    rows = db.rows("SELECT request_id, policy_id, period FROM payments ORDER BY request_id")
    return [(request_id, policy_id, period) for request_id, policy_id, period in rows]


@pytest.mark.parametrize("kind", ["payment.accepted.v1", "payment.taken.v1"])
def test_a_payment_is_noted_whether_or_not_its_policy_is_known(
    customer_consumer: Subscriber, db: TestDatabase, kind: str
) -> None:
    assert customer_consumer.take(published(kind, REQUEST)) == []

    assert AuroraLedger(db.connect()).payment(REQUEST) == Payment(
        PaymentDetails(
            request_id=REQUEST,
            policy_id="P-1",
            customer_id="C-1",
            product="home",
            amount={"value": "49.90", "currency": "EUR"},
            period="2026-11",
        ),
        NOW,
    )
    assert customer_consumer.reported(REQUEST) == [StepStatus.DONE]


def test_a_message_that_comes_again_has_no_second_effect_and_repeats_its_report(
    customer_consumer: Subscriber, db: TestDatabase
) -> None:
    for receives in (1, 2):
        assert customer_consumer.take(published(request_id=REQUEST), receives=receives) == []

    assert ledger(db) == [(REQUEST, "P-1", "2026-11")]
    assert customer_consumer.reported(REQUEST) == [StepStatus.DONE] * 2


def test_a_period_that_another_request_has_paid_ends_in_the_dead_letter_queue(
    customer_consumer: Subscriber, db: TestDatabase, log: io.StringIO
) -> None:
    other = uuid4()
    customer_consumer.take(published(request_id=REQUEST))

    for receives in range(1, 6):
        assert customer_consumer.take(published(request_id=other), receives=receives) == [0]
    assert ledger(db) == [(REQUEST, "P-1", "2026-11")]
    assert customer_consumer.reported(other) == [StepStatus.RETRYING] * 4 + [StepStatus.FAILED]
    assert "P-1 is paid for 2026-11 already" in log.getvalue()


def test_one_message_that_fails_comes_again_alone(
    customer_consumer: Subscriber, db: TestDatabase, log: io.StringIO
) -> None:
    good = [published(policy_id=policy_id) for policy_id in ("P-1", "P-2")]
    newer = published().model_dump_json().replace("accepted.v1", "accepted.v2")

    assert customer_consumer.take(good[0], newer, good[1]) == [1]
    assert {policy_id for _, policy_id, _ in ledger(db)} == {"P-1", "P-2"}


def test_the_periods_of_a_policy_are_noted_in_their_order(
    customer_consumer: Subscriber, db: TestDatabase, log: io.StringIO
) -> None:
    """From a FIFO queue, in which a poison message holds up its own policy alone."""
    first, second = published(period="2026-10"), published(period="2026-11")

    assert customer_consumer.take(first, "poison", second, group="P-1") == [1, 2]
    assert [period for *_, period in ledger(db)] == ["2026-10"]
    assert customer_consumer.take("poison", second, group="P-1", receives=5) == [0]
    assert {period for *_, period in ledger(db)} == {"2026-10", "2026-11"}


def test_while_the_database_is_down_the_payment_waits_in_its_queue(
    customer_consumer: Subscriber, db: TestDatabase, postgres: Postgres, log: io.StringIO
) -> None:
    postgres.stop()
    try:
        assert customer_consumer.take(published(request_id=REQUEST)) == [0]
    finally:
        postgres.start()

    assert customer_consumer.take(published(request_id=REQUEST), receives=2) == []
    assert ledger(db) == [(REQUEST, "P-1", "2026-11")]
    assert customer_consumer.reported(REQUEST) == [StepStatus.RETRYING, StepStatus.DONE]
