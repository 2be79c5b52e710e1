"""Use cases: a paid premium updates the customer's lead, once, and what the lead is."""

from typing import Protocol
from uuid import UUID

from contracts.internal import LeadView
from sales.model import Lead, LeadChanged, PaidPremium

_ATTEMPTS = 4


class Leads(Protocol):
    def find(self, customer_id: str) -> Lead | None: ...

    def save(self, lead: Lead, request_id: UUID) -> None:
        """Stores the lead and the mark of this request's effect, both or neither.

        Nothing happens where the mark is there already. Raises LeadChanged where the lead is not
        the one that was found.
        """


def follow_up(premium: PaidPremium, leads: Leads) -> None:
    """Raises LeadChanged when others kept being faster: then it is to be called again."""
    for attempt in range(_ATTEMPTS):
        lead = leads.find(premium.customer_id) or Lead(premium.customer_id)
        try:
            leads.save(lead.after(premium), premium.request_id)
        except LeadChanged:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return


def overview(customer_id: str, leads: Leads) -> LeadView:
    lead = leads.find(customer_id) or Lead(customer_id)
    return LeadView(
        products=sorted(lead.products), payments=lead.payments, next_offer=lead.next_offer
    )
