"""What Sales makes of paid premiums."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events import PaymentAccepted
from contracts.internal import LeadView
from sales.model import PRODUCTS, Lead, LeadChanged, PremiumPaid
from sales.service import follow_up, overview
from tests.builders import payment_accepted
from tests.fakes import MemoryLeads


def premium(event: PaymentAccepted) -> PremiumPaid:
    """As Sales reads what Customer sends."""
    return PremiumPaid.model_validate_json(event.model_dump_json())


def paid(product: str = "home", period: str = "2026-11") -> PremiumPaid:
    return premium(payment_accepted(product=product, period=period))


def test_the_first_premium_makes_a_lead() -> None:
    leads = MemoryLeads()

    follow_up(paid("home").data, leads)

    assert leads.leads == {"C-1": Lead("C-1", frozenset({"home"}), 1, "2026-11")}


def test_further_premiums_add_to_the_lead() -> None:
    leads = MemoryLeads()
    for message in (paid("home"), paid("motor"), paid("home", "2026-12")):
        follow_up(message.data, leads)

    assert leads.leads["C-1"] == Lead("C-1", frozenset({"home", "motor"}), 3, "2026-12")


def test_the_same_premium_twice_counts_once() -> None:
    leads, message = MemoryLeads(), paid()
    follow_up(message.data, leads)
    follow_up(message.data, leads)

    assert leads.leads["C-1"].payments == 1


def test_a_lead_that_another_message_changed_meanwhile_is_read_again() -> None:
    leads = MemoryLeads()
    leads.faster = 3

    follow_up(paid().data, leads)

    assert leads.leads["C-1"].payments == 1


def test_when_others_are_always_faster_the_queue_brings_the_message_again() -> None:
    leads = MemoryLeads()
    leads.faster = 4

    with pytest.raises(LeadChanged):
        follow_up(paid().data, leads)
    assert leads.leads == {}


def test_a_late_premium_of_an_earlier_period_does_not_turn_back_time() -> None:
    lead = Lead("C-1").after(paid(period="2026-11").data).after(paid(period="2026-10").data)

    assert lead.last_period == "2026-11"


@pytest.mark.parametrize(
    ("held", "offer"),
    [
        ((), "liability"),
        (("home",), "liability"),
        (("liability",), "home"),
        (("liability", "home", "legal"), "motor"),
        (("pet",), "liability"),
        (PRODUCTS, None),
    ],
    ids=str,
)
def test_the_next_offer_is_the_first_product_not_held(
    held: tuple[str, ...], offer: str | None
) -> None:
    assert Lead("C-1", frozenset(held)).next_offer == offer


@given(st.permutations([("home", "2026-10"), ("motor", "2026-12"), ("home", "2026-11")]))
def test_a_lead_does_not_depend_on_the_order_of_the_premiums(
    premiums: list[tuple[str, str]],
) -> None:
    lead = Lead("C-1")
    for product, period in premiums:
        lead = lead.after(paid(product, period).data)

    assert lead == Lead("C-1", frozenset({"home", "motor"}), 3, "2026-12")


def test_what_the_customer_holds_and_is_to_be_offered_is_told() -> None:
    leads = MemoryLeads()
    for message in (paid("motor"), paid("liability")):
        follow_up(message.data, leads)

    assert overview("C-1", leads) == LeadView(
        products=["liability", "motor"], payments=2, next_offer="home"
    )


def test_an_unknown_customer_is_to_be_offered_the_first_product() -> None:
    assert overview("C-404", MemoryLeads()) == LeadView(
        products=[], payments=0, next_offer="liability"
    )
