"""Use case: a paid premium updates the customer's lead, once."""

from typing import Protocol
from uuid import UUID

from sales.model import Lead, PaidPremium


class Leads(Protocol):
    def find(self, customer_id: str) -> Lead | None: ...

    def save(self, lead: Lead, request_id: UUID) -> None:
        """Stores the lead and the mark of this request's effect, both or neither.

        Nothing happens where the mark is there already. Raises where the lead has changed since
        it was found: the queue brings the message again.
        """


def follow_up(premium: PaidPremium, leads: Leads) -> None:
    lead = leads.find(premium.customer_id) or Lead(premium.customer_id)
    leads.save(lead.after(premium), premium.request_id)
