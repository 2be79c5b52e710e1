"""Sales hears of payments, over DynamoDB."""

import io
from uuid import uuid4

import pytest

from contracts.api import StepStatus
from sales.leads import LeadsTable
from sales.model import Lead
from tests.builders import published
from tests.integration.subscribers.conftest import Subscriber


@pytest.fixture
def leads(tables: dict[str, str]) -> LeadsTable:
    return LeadsTable(tables["LEADS_TABLE"], 90)


@pytest.mark.parametrize("kind", ["payment.accepted.v1", "premium.paid.v1"])
def test_a_paid_premium_makes_a_lead(
    sales_consumer: Subscriber, leads: LeadsTable, customer_id: str, kind: str
) -> None:
    request_id = uuid4()

    assert sales_consumer.take(published(kind, request_id, customer_id=customer_id)) == []
    assert leads.find(customer_id) == Lead(customer_id, frozenset({"home"}), 1, "2026-11")
    assert sales_consumer.reported(request_id) == [StepStatus.DONE]


def test_duplicates_in_one_batch_and_later_count_once(
    sales_consumer: Subscriber, leads: LeadsTable, customer_id: str
) -> None:
    event = published(customer_id=customer_id)

    assert sales_consumer.take(event, event) == sales_consumer.take(event, receives=2) == []
    found = leads.find(customer_id)
    assert found
    assert found.payments == 1


def test_one_message_that_fails_comes_again_alone(
    sales_consumer: Subscriber, leads: LeadsTable, customer_id: str, log: io.StringIO
) -> None:
    good = [published(customer_id=customer_id, product=product) for product in ("home", "motor")]

    assert sales_consumer.take(good[0], published("confirmation.due.v1"), good[1]) == [1]
    found = leads.find(customer_id)
    assert found
    assert found.products == {"home", "motor"}
