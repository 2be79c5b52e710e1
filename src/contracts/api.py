"""The public API: the same for every variant."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, computed_field

from contracts.base import Contract, Identifier, Money, Period
from contracts.internal import ConfirmationsView, LeadView, LedgerEntry, LedgerView


class _Input(Contract):
    # A misspelt field in a request is an error of the client, who wants to hear of it.
    model_config = ConfigDict(extra="forbid")


class Payer(_Input):
    """The customer who pays; `id` is the subject of the bearer token."""

    id: Identifier
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\u0000-\u001f\u007f]+$")]
    email: Annotated[
        str,
        Field(
            max_length=254,
            # U+0085 and U+FEFF: not everybody who reads patterns takes both for white space.
            pattern=r"^[^@\s\u0000-\u001f\u007f-\u009f\ufeff]+@[^@\s\u0000-\u001f\u007f-\u009f\ufeff]+$",
            examples=["success@simulator.amazonses.com"],
        ),
    ]


class PremiumAmount(Money, _Input):
    """The premium due for one month."""


class PaymentSubmission(_Input):
    """The body of `POST /payments`: one monthly premium."""

    policy_id: Annotated[Identifier, Field(examples=["P-10001"])]
    customer: Payer
    amount: PremiumAmount
    period: Period

    @property
    def ledger_entry(self) -> LedgerEntry:
        return LedgerEntry(
            policy_id=self.policy_id,
            customer_id=self.customer.id,
            amount=Money(value=self.amount.value, currency=self.amount.currency),
            period=self.period,
        )


class RequestStatus(StrEnum):
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    FAILED = "failed"


class StepStatus(StrEnum):
    PENDING = "pending"
    RETRYING = "retrying"
    DONE = "done"
    FAILED = "failed"


class StepView(Contract):
    """What one service has done for a request, as it last reported."""

    service: str
    status: StepStatus
    at: AwareDatetime
    detail: str | None = None


class RequestView(Contract):
    """The answer to `POST /payments` and `GET /payments/{requestId}`."""

    request_id: UUID
    status: RequestStatus
    steps: list[StepView]


class Overview(Contract):
    """The answer to `GET /customers/{customerId}/overview`. The part of a service that did not
    answer is null, and `missing` names the service.
    """

    customer_id: Identifier
    customer: LedgerView | None
    sales: LeadView | None
    communication: ConfirmationsView | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def missing(self) -> list[str]:
        parts = {
            "customer": self.customer,
            "sales": self.sales,
            "communication": self.communication,
        }
        return [service for service, part in parts.items() if part is None]


class PaymentReceipt(Contract):
    """The answer to `GET /payments/{requestId}/receipt`, made by the gateway of Payments' own."""

    receipt_number: UUID
    policy: Identifier
    paid: Annotated[str, Field(examples=["49.90 EUR"])]
    month: Period
    recorded_on: date


class InvalidPart(Contract):
    """One invalid part of a request: a JSON pointer (RFC 6901) or a header's name."""

    detail: str
    pointer: str | None = None
    header: str | None = None


class ProblemDetails(Contract):
    """Every error: application/problem+json, RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[InvalidPart] | None = None
