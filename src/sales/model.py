"""What Sales needs to know of a paid premium, and what it makes of it."""

from dataclasses import dataclass, replace
from typing import Literal, Self

from contracts.base import Identifier, Period
from contracts.events import Event, RequestData

# In the order in which they are offered to a customer who does not hold them yet.
PRODUCTS = ("liability", "home", "motor", "legal", "travel", "life")


class LeadChanged(Exception):
    """The lead is not the one that was found: another message of the customer was faster."""


class PaidPremium(RequestData):
    customer_id: Identifier
    product: Identifier
    period: Period


class PremiumPaid(Event):
    """Sales' view of the event that a premium is paid, whichever the channel publishes: no more
    than it uses.
    """

    type: Literal["payment.accepted.v1", "premium.paid.v1"]
    data: PaidPremium


@dataclass(frozen=True, slots=True)
class Lead:
    """A customer whom the sales team may approach, as far as premiums tell."""

    customer_id: str
    products: frozenset[str] = frozenset()
    payments: int = 0
    last_period: str = ""

    def after(self, premium: PaidPremium) -> Self:
        return replace(
            self,
            products=self.products | {premium.product},
            payments=self.payments + 1,
            last_period=max(self.last_period, premium.period),
        )

    @property
    def next_offer(self) -> str | None:
        """The first product that the customer does not hold yet."""
        return next((product for product in PRODUCTS if product not in self.products), None)
