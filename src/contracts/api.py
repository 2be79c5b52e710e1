"""The public API: the same for every variant."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from contracts.base import Contract, Identifier, Money, Period


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
            pattern=r"^[^@\s\u0000-\u001f\u007f]+@[^@\s\u0000-\u001f\u007f]+$",
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
