"""Each subscriber does its part, whoever is first and however often it is told."""

from itertools import permutations
from uuid import uuid4

import pytest

from communication.sent import SentTable
from contracts.api import StepStatus
from sales.leads import LeadsTable
from sales.model import Lead
from tests.builders import published
from tests.integration.conftest import TestDatabase
from tests.integration.subscribers.conftest import Subscriber

OWN = {
    "customer": "payment.taken.v1",
    "sales": "premium.paid.v1",
    "communication": "confirmation.due.v1",
}
ONE = dict.fromkeys(OWN, "payment.accepted.v1")


@pytest.fixture
def consumers(
    customer_consumer: Subscriber, sales_consumer: Subscriber, communication_consumer: Subscriber
) -> dict[str, Subscriber]:
    return {
        "customer": customer_consumer,
        "sales": sales_consumer,
        "communication": communication_consumer,
    }


@pytest.mark.parametrize("events", [ONE, OWN], ids=["one event", "three events"])
@pytest.mark.parametrize("order", list(permutations(OWN)), ids="-".join)
def test_in_any_order_and_twice_the_outcome_is_the_same(
    consumers: dict[str, Subscriber],
    events: dict[str, str],
    order: tuple[str, ...],
    db: TestDatabase,
    tables: dict[str, str],
    customer_id: str,
) -> None:
    request_id = uuid4()

    for service in (*order, *order):
        event = published(events[service], request_id, customer_id=customer_id)
        assert consumers[service].take(event) == []

    assert db.rows("SELECT request_id FROM payments") == [(request_id,)]
    lead = LeadsTable(tables["LEADS_TABLE"], 90).find(customer_id)
    assert lead == Lead(customer_id, frozenset({"home"}), 1, "2026-11")
    (confirmation,) = SentTable(tables["CONFIRMATIONS_TABLE"], 90).latest(customer_id, 12)
    assert confirmation.request_id == request_id
    assert consumers["customer"].reported(request_id) == [StepStatus.DONE] * 6
