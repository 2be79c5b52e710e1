"""The events between services, in the CloudEvents envelope.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md. The major version is part of
the type: a consumer ignores fields it does not know and refuses a type it does not know.
"""

from typing import Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime, Field

from contracts.api import StepStatus
from contracts.base import Contract, Identifier, Money, Period


class Event(Contract):
    """The envelope. `id` is derived from the request, so a re-sent event keeps its identity."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    time: AwareDatetime


def event_id(request_id: UUID, name: str) -> UUID:
    """The same fact about the same request always has the same event id."""
    return uuid5(request_id, name)


class RequestData(Contract):
    """Every event tells something of one payment request."""

    request_id: UUID


class RequestEvent(Event):
    data: RequestData


class PaymentDetails(RequestData):
    policy_id: Identifier
    customer_id: Identifier
    product: str
    amount: Money
    period: Period


class PaymentAccepted(RequestEvent):
    """A premium is paid and recorded: a fact that no subscriber can refuse."""

    type: Literal["payment.accepted.v1"] = "payment.accepted.v1"
    data: PaymentDetails


ReportedStatus = Literal[StepStatus.RETRYING, StepStatus.DONE, StepStatus.FAILED]


class StepOutcome(RequestData):
    service: str
    status: ReportedStatus
    at: AwareDatetime
    detail: str | None = Field(default=None, max_length=500)


class StepReported(RequestEvent):
    """What a service did for a request; goes to the service that owns the request."""

    type: Literal["step.reported.v1"] = "step.reported.v1"
    data: StepOutcome
