"""A payment as Payments sees it: a request, and what its open steps need."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict

from contracts.api import PaymentSubmission, StepStatus
from contracts.base import Contract, Identifier, Money, Period
from contracts.events import StepOutcome
from contracts.internal import Confirmation, LedgerEntry, PaidPremium
from payment_requests.model import PaymentRequest, Step

CUSTOMER: Final = "customer"
SALES: Final = "sales"
COMMUNICATION: Final = "communication"

_MOST_BACKOFF = timedelta(minutes=15)


class NothingRecorded(Exception):
    """Customer was not reached: there is no payment."""


class NotPaid(Exception):
    """There is no payment (yet) that a receipt could be given for."""


@dataclass(frozen=True, slots=True)
class Order:
    """A payment request and what the services are asked for.

    `confirmation` is personal data, so it is kept only until it is sent. `product` is what
    Customer answers once the payment is recorded. `version` counts how often it was stored.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)

    request: PaymentRequest
    entry: LedgerEntry
    confirmation: Confirmation | None
    resume_at: datetime | None
    product: str = ""
    attempts: int = 1
    version: int = 1

    @classmethod
    def accept(
        cls,
        id: UUID,
        subject: str,
        submission: PaymentSubmission,
        now: datetime,
        relay_age: timedelta,
    ) -> Self:
        payer, entry = submission.customer, submission.ledger_entry
        return cls(
            PaymentRequest.accept(
                id, subject, submission, now, done=[], pending=[CUSTOMER, SALES, COMMUNICATION]
            ),
            entry,
            Confirmation(
                customer_id=entry.customer_id,
                name=payer.name,
                email=payer.email,
                policy_id=entry.policy_id,
                amount=entry.amount,
                period=entry.period,
            ),
            now + relay_age,
        )

    @property
    def id(self) -> UUID:
        return self.request.id

    @property
    def subject(self) -> str:
        return self.request.subject

    @property
    def is_open(self) -> bool:
        return any(step.is_open for step in self.request.steps)

    @property
    def paid_premium(self) -> PaidPremium:
        return PaidPremium(
            customer_id=self.entry.customer_id, product=self.product, period=self.entry.period
        )

    def step(self, service: str) -> Step:
        return next(step for step in self.request.steps if step.service == service)

    def recorded(self, product: str, at: datetime) -> Self:
        """After Customer has recorded the payment."""
        done = StepOutcome(request_id=self.id, service=CUSTOMER, status=StepStatus.DONE, at=at)
        return replace(self, product=product, request=self.request.after(done))

    def after(self, outcomes: Iterable[StepOutcome]) -> Self:
        request = self.request
        for outcome in outcomes:
            request = request.after(outcome)
        return self._with(request)

    def given_up(self, now: datetime) -> Self:
        """After its deadline: what is open has failed. It may still have been done."""
        return self._with(self.request.overdue(now))

    def _with(self, request: PaymentRequest) -> Self:
        changed = replace(self, request=request)
        return replace(
            changed,
            confirmation=self.confirmation if changed.step(COMMUNICATION).is_open else None,
            resume_at=self.resume_at if changed.is_open else None,
        )

    def postponed(self, now: datetime, relay_age: timedelta) -> Self:
        """To be resumed later: the more attempts have failed, the later."""
        if not self.is_open:
            return self
        delay = min(relay_age * 2 ** min(self.attempts, 20), max(_MOST_BACKOFF, relay_age))
        resume_at = now + delay * random.uniform(0.5, 1)
        return replace(self, attempts=self.attempts + 1, resume_at=resume_at)


class Receipt(Contract):
    """What Payments knows of a recorded payment; the gateway makes the public receipt of it."""

    request_id: UUID
    policy_id: Identifier
    customer_id: Identifier
    product: str
    amount: Money
    period: Period
    recorded_at: AwareDatetime
