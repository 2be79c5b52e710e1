"""The other services, called through their gateways."""

from functools import cache
from uuid import UUID

from pydantic import BaseModel

from contracts.events import PaymentDetails
from contracts.internal import (
    Confirmation,
    ConfirmationsView,
    LeadView,
    LedgerEntry,
    LedgerView,
    PaidPremium,
)
from payments.model import COMMUNICATION, CUSTOMER, SALES
from runtime import aws
from runtime.service_client import Downstream, ServiceClient
from runtime.settings import Settings


class DownstreamSettings(Settings):
    """`downstreams_parameter`: name of the SSM parameter with the JSON of `Downstreams`."""

    downstreams_parameter: str
    breaker_failures: int
    breaker_recovery_seconds: int


class Downstreams(BaseModel):
    customer: Downstream
    sales: Downstream
    communication: Downstream


class HttpServices:
    """The ports of Payments' use cases over HTTP."""

    def __init__(
        self, customer: ServiceClient, sales: ServiceClient, communication: ServiceClient
    ) -> None:
        self._customer = customer
        self._sales = sales
        self._communication = communication

    def record_payment(
        self, request_id: UUID, entry: LedgerEntry, deadline: float
    ) -> PaymentDetails:
        return self._customer.put(f"/payments/{request_id}", entry, deadline, PaymentDetails)

    def follow_up(self, request_id: UUID, premium: PaidPremium, deadline: float) -> None:
        self._sales.put(f"/premiums/{request_id}", premium, deadline)

    def confirm(self, request_id: UUID, confirmation: Confirmation, deadline: float) -> None:
        self._communication.put(f"/confirmations/{request_id}", confirmation, deadline)

    def ledger(self, customer_id: str, deadline: float) -> LedgerView:
        return self._customer.get(f"/customers/{customer_id}", deadline, LedgerView)

    def lead(self, customer_id: str, deadline: float) -> LeadView:
        return self._sales.get(f"/customers/{customer_id}", deadline, LeadView)

    def confirmations(self, customer_id: str, deadline: float) -> ConfirmationsView:
        return self._communication.get(f"/customers/{customer_id}", deadline, ConfirmationsView)


@cache
def services() -> HttpServices:
    """This function's way to the other services; their addresses are read once, from SSM."""
    settings = DownstreamSettings.from_environment()
    with aws.answering("downstreams"):
        parameter = aws.ssm().get_parameter(Name=settings.downstreams_parameter)["Parameter"]
    downstreams = Downstreams.model_validate_json(parameter["Value"])

    def client(name: str, downstream: Downstream) -> ServiceClient:
        return ServiceClient(
            name,
            downstream,
            breaker_failures=settings.breaker_failures,
            breaker_recovery_seconds=settings.breaker_recovery_seconds,
        )

    return HttpServices(
        customer=client(CUSTOMER, downstreams.customer),
        sales=client(SALES, downstreams.sales),
        communication=client(COMMUNICATION, downstreams.communication),
    )
