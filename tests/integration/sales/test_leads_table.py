"""Leads in DynamoDB: each premium changes its customer's lead once."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest

from local.cloud import Cloud
from sales.leads import LeadsTable
from sales.model import Lead, LeadChanged, PaidPremium
from sales.service import follow_up

DAYS = 90


@pytest.fixture
def leads(aws_clients: Cloud, table: str) -> LeadsTable:
    return LeadsTable(table, DAYS)


@pytest.fixture
def customer() -> str:
    """The id of a customer of this test only."""
    return f"C-{uuid4()}"


def premium(
    customer: str, product: str = "home", period: str = "2026-11", request_id: UUID | None = None
) -> PaidPremium:
    return PaidPremium(
        request_id=request_id or uuid4(), customer_id=customer, product=product, period=period
    )


def item(cloud: Cloud, table: str, pk: str) -> dict[str, Any] | None:
    found = cloud.client("dynamodb").get_item(TableName=table, Key={"pk": {"S": pk}})
    stored: dict[str, Any] | None = found.get("Item")
    return stored


def test_there_is_no_lead_before_the_first_premium(leads: LeadsTable, customer: str) -> None:
    assert leads.find(customer) is None


def test_premiums_make_a_lead(leads: LeadsTable, customer: str) -> None:
    follow_up(premium(customer, "home", "2026-12"), leads)
    follow_up(premium(customer, "motor", "2026-11"), leads)

    assert leads.find(customer) == Lead(customer, frozenset({"home", "motor"}), 2, "2026-12")


def test_the_item_names_the_next_offer_for_the_sales_team(
    leads: LeadsTable, cloud: Cloud, table: str, customer: str
) -> None:
    follow_up(premium(customer, "liability"), leads)

    lead = item(cloud, table, f"CUSTOMER#{customer}")
    assert lead
    assert lead["nextOffer"] == {"S": "home"}


def test_the_same_premium_counts_once(leads: LeadsTable, customer: str) -> None:
    twice = premium(customer)
    follow_up(twice, leads)
    follow_up(twice, leads)

    found = leads.find(customer)
    assert found
    assert found.payments == 1


def test_a_duplicate_that_comes_after_other_premiums_changes_nothing(
    leads: LeadsTable, customer: str
) -> None:
    late = premium(customer, "travel", "2026-10")
    follow_up(late, leads)
    follow_up(premium(customer), leads)
    before = leads.find(customer)

    follow_up(late, leads)

    assert leads.find(customer) == before


def test_a_lead_that_changed_meanwhile_is_not_overwritten(
    leads: LeadsTable, cloud: Cloud, table: str, customer: str
) -> None:
    follow_up(premium(customer), leads)
    stale = leads.find(customer)
    assert stale
    follow_up(premium(customer, "motor"), leads)
    late = premium(customer, "travel")

    with pytest.raises(LeadChanged, match=str(late.request_id)):
        leads.save(stale.after(late), late.request_id)
    assert item(cloud, table, f"REQUEST#{late.request_id}") is None

    follow_up(late, leads)
    found = leads.find(customer)
    assert found
    assert found.payments == 3


def test_two_first_premiums_at_the_same_time_lose_none(leads: LeadsTable, customer: str) -> None:
    first, second = premium(customer, "home"), premium(customer, "motor")
    leads.save(Lead(customer).after(first), first.request_id)

    with pytest.raises(LeadChanged):
        leads.save(Lead(customer).after(second), second.request_id)


def together(leads: LeadsTable, *premiums: PaidPremium) -> None:
    """Follows up all at the same time, each again until it is done, as its queue would."""
    start = Barrier(len(premiums), timeout=20)

    def run(each: PaidPremium) -> None:
        start.wait()
        for _ in range(1000):
            with suppress(LeadChanged):
                return follow_up(each, leads)
        raise AssertionError("the lead kept changing")

    with ThreadPoolExecutor(len(premiums)) as pool:
        list(pool.map(run, premiums))


def test_the_same_premium_in_parallel_counts_once(leads: LeadsTable, customer: str) -> None:
    together(leads, *[premium(customer)] * 4)

    found = leads.find(customer)
    assert found
    assert found.payments == 1


def test_different_premiums_in_parallel_all_count(leads: LeadsTable, customer: str) -> None:
    together(leads, *(premium(customer, product) for product in ("home", "motor", "legal", "life")))

    assert leads.find(customer) == Lead(
        customer, frozenset({"home", "motor", "legal", "life"}), 4, "2026-11"
    )


def test_the_mark_of_an_effect_expires_after_its_retention(
    leads: LeadsTable, cloud: Cloud, table: str, customer: str
) -> None:
    paid, before = premium(customer), int(time.time())
    follow_up(paid, leads)

    mark = item(cloud, table, f"REQUEST#{paid.request_id}")
    assert mark
    expiry = int(mark["expiresAt"]["N"])
    assert before <= expiry - DAYS * 24 * 60 * 60 <= time.time()


def test_a_lead_never_expires(leads: LeadsTable, cloud: Cloud, table: str, customer: str) -> None:
    follow_up(premium(customer), leads)

    lead = item(cloud, table, f"CUSTOMER#{customer}")
    assert lead
    assert "expiresAt" not in lead
