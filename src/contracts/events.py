"""The events between services, in the CloudEvents envelope.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md. The major version is part of
the type: a consumer ignores fields it does not know and refuses a type it does not know.
"""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID, uuid5

from pydantic import AwareDatetime, ConfigDict, Field

from contracts.api import StepStatus
from contracts.base import Contract, Identifier, Money, Period


def event_id(request_id: UUID, name: str) -> UUID:
    """The same fact about the same request always has the same event id."""
    return uuid5(request_id, name)


class RequestData(Contract):
    """Every event tells something of one payment request."""

    request_id: UUID


class Event(Contract):
    """The envelope. `id` is derived from the request, so a re-sent event keeps its identity.

    Where a channel keeps an order, it is that in which events of one `partitionkey` are published:
    https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/partitioning.md.
    """

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    time: AwareDatetime
    partitionkey: Annotated[str | None, Field(exclude_if=lambda key: key is None)] = None
    data: RequestData


class StoredData(RequestData):
    model_config = ConfigDict(extra="allow")


class StoredEvent(Event):
    """An event of any type, with all of its data, as its producer has stored it."""

    model_config = ConfigDict(extra="allow")

    data: StoredData


class PaymentEvent(Event):
    """A fact about a payment; those of one policy are of one partition."""

    @classmethod
    def of(cls, data: RequestData, policy_id: str, source: str, time: datetime) -> Self:
        versioned: str = cls.model_fields["type"].default
        name, _, _ = versioned.rpartition(".v")
        return cls(
            id=event_id(data.request_id, name),
            source=source,
            type=versioned,
            time=time,
            partitionkey=policy_id,
            data=data,
        )


class PaymentDetails(RequestData):
    policy_id: Identifier
    customer_id: Identifier
    product: Identifier
    amount: Money
    period: Period


class PayerContact(Contract):
    """How to reach the customer who paid: personal data, for Communication alone."""

    name: str
    email: str


class AcceptedPayment(PaymentDetails):
    """`payer` is left out where nobody who listens writes to the payer."""

    payer: Annotated[PayerContact | None, Field(exclude_if=lambda payer: payer is None)] = None


class PaymentAccepted(PaymentEvent):
    """A premium is paid: a fact that no subscriber can refuse."""

    type: Literal["payment.accepted.v1"] = "payment.accepted.v1"
    data: AcceptedPayment


class PaymentTaken(PaymentEvent):
    """A premium is paid, as the ledger needs to know it."""

    type: Literal["payment.taken.v1"] = "payment.taken.v1"
    data: PaymentDetails


class PremiumDetails(RequestData):
    customer_id: Identifier
    product: Identifier
    period: Period


class PremiumPaid(PaymentEvent):
    """A premium is paid, as the sales team needs to know it."""

    type: Literal["premium.paid.v1"] = "premium.paid.v1"
    data: PremiumDetails


class ConfirmationDetails(RequestData):
    customer_id: Identifier
    policy_id: Identifier
    amount: Money
    period: Period
    payer: PayerContact


class ConfirmationDue(PaymentEvent):
    """A premium is paid, and the payer is to hear of it."""

    type: Literal["confirmation.due.v1"] = "confirmation.due.v1"
    data: ConfirmationDetails


ReportedStatus = Literal[StepStatus.RETRYING, StepStatus.DONE, StepStatus.FAILED]


class StepOutcome(RequestData):
    service: str
    status: ReportedStatus
    at: AwareDatetime
    detail: str | None = Field(default=None, max_length=500)


class StepReported(Event):
    """What a service did for a request; goes to the service that owns the request."""

    type: Literal["step.reported.v1"] = "step.reported.v1"
    data: StepOutcome
