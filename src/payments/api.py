"""Payments' API in the API gateway pattern: pay a premium, ask what became of it, see it all."""

from datetime import UTC, datetime, timedelta
from functools import cache
from http import HTTPStatus
from time import monotonic
from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Depends
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST
from aws_lambda_powertools.utilities.typing import LambdaContext

from contracts.api import Overview, PaymentSubmission
from payment_requests.api import STATUSES, payment_routes, problems
from payment_requests.model import ForeignCustomer, PaymentRequest
from payment_requests.service import find as find_own
from payments.downstreams import services
from payments.model import NothingRecorded
from payments.overview import overview
from payments.progress import ToldOrders
from payments.service import RESERVE_SECONDS, Payments
from runtime.logs import logger
from runtime.rest import CustomerId, rest_api, subject
from runtime.settings import Settings

SEEN: dict[int, OpenAPIResponse] = {
    200: {"description": "What they know", "content": {"application/json": {"model": Overview}}}
}

router = Router()


class PaymentsSettings(Settings):
    """`relay_age_seconds`: how long after an attempt an unfinished request is resumed."""

    orders_table: str
    mark_retention_days: int
    relay_age_seconds: float
    allowed_origins: str = ""


@cache
def settings() -> PaymentsSettings:
    return PaymentsSettings.from_environment()


@cache
def orders() -> ToldOrders:
    return ToldOrders(settings().orders_table, settings().mark_retention_days)


def payments() -> Payments:
    relay_age = timedelta(seconds=settings().relay_age_seconds)
    return Payments(orders(), services(), lambda: datetime.now(UTC), relay_age)


@cache
def app() -> APIGatewayRestResolver:
    routes = payment_routes(pay, find, HTTPStatus.CREATED)
    statuses = STATUSES | {NothingRecorded: HTTPStatus.SERVICE_UNAVAILABLE}
    origins = settings().allowed_origins
    api = rest_api("Premium payments, through API gateways", routes, statuses, origins)
    api.include_router(router)
    return api


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app().resolve(event, context)


def pay(submission: PaymentSubmission, subject: str, idempotency_key: str) -> PaymentRequest:
    return payments().pay(submission, subject, idempotency_key, _deadline())


def find(request_id: UUID, subject: str) -> PaymentRequest:
    return find_own(request_id, subject, orders()).request


@router.get(
    "/customers/<customerId>/overview",
    summary="What every service knows of a customer",
    operation_id="getOverview",
    responses=SEEN | problems(400, 401, 403, 503),
)
def customer_overview(
    customer_id: CustomerId, subject: Annotated[str, Depends(subject)]
) -> Overview:
    if customer_id != subject:
        raise ForeignCustomer("customerId must be the subject of the bearer token")
    return overview(customer_id, services(), _deadline())


def _deadline() -> float:
    milliseconds = router.lambda_context.get_remaining_time_in_millis()
    return monotonic() + milliseconds / 1000 - RESERVE_SECONDS
