"""The other services, called through their gateways."""

from functools import cache, lru_cache
from time import monotonic
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
from runtime.errors import Unavailable
from runtime.service_client import Downstream, ServiceClient
from runtime.settings import Settings

_READ_AGAIN_SECONDS = 60


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


class _Parameter:
    """The text of an SSM parameter, read again every minute: an execution environment may live for
    longer than an address is right.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._text = ""
        self._read_at = 0.0

    def text(self) -> str:
        if not self._text or monotonic() - self._read_at > _READ_AGAIN_SECONDS:
            try:
                with aws.answering("downstreams"):
                    found = aws.ssm().get_parameter(Name=self._name)
                self._text = found["Parameter"]["Value"]
            except Unavailable:
                if not self._text:
                    raise
            self._read_at = monotonic()
        return self._text


def services() -> HttpServices:
    """This function's way to the other services."""
    return _services(_parameter().text())


@cache
def _settings() -> DownstreamSettings:
    return DownstreamSettings.from_environment()


@cache
def _parameter() -> _Parameter:
    return _Parameter(_settings().downstreams_parameter)


@lru_cache(maxsize=1)
def _services(parameter: str) -> HttpServices:
    settings, downstreams = _settings(), Downstreams.model_validate_json(parameter)

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
