"""Payments' API in the API gateway pattern: pay a premium, ask what became of it, see it all."""

from datetime import UTC, datetime, timedelta
from functools import cache
from http import HTTPStatus
from time import monotonic
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import (
    APIGatewayRestResolver,
    Depends,
    Response,
)
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST
from aws_lambda_powertools.utilities.typing import LambdaContext

from contracts.api import Overview, PaymentSubmission, RequestView
from payment_requests.api import (
    ACCEPTED,
    FOUND,
    STATUSES,
    IdempotencyKey,
    RequestId,
    accepted,
    problems,
)
from payment_requests.model import ForeignCustomer, request_id
from payment_requests.service import find
from payments.downstreams import services
from payments.model import NothingRecorded
from payments.orders import OrdersTable
from payments.overview import overview
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
def orders() -> OrdersTable:
    return OrdersTable(settings().orders_table, settings().mark_retention_days)


def payments() -> Payments:
    relay_age = timedelta(seconds=settings().relay_age_seconds)
    return Payments(orders(), services(), lambda: datetime.now(UTC), relay_age)


@cache
def app() -> APIGatewayRestResolver:
    statuses = STATUSES | {NothingRecorded: HTTPStatus.SERVICE_UNAVAILABLE}
    return rest_api(
        "Premium payments, through API gateways", router, statuses, settings().allowed_origins
    )


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app().resolve(event, context)


@router.post(
    "/payments",
    summary="Pay the premium of a policy for one month",
    status_code=HTTPStatus.CREATED,
    responses=ACCEPTED | problems(400, 401, 403, 409, 415, 422, 503),
)
def pay(
    submission: PaymentSubmission,
    idempotency_key: IdempotencyKey,
    subject: Annotated[str, Depends(subject)],
) -> Response[RequestView]:
    logger.append_keys(request_id=str(request_id(subject, idempotency_key)))
    return accepted(payments().pay(submission, subject, idempotency_key, _deadline()))


@router.get(
    "/payments/<requestId>",
    summary="Tell what became of a payment request",
    responses=FOUND | problems(400, 401, 404, 503),
)
def get(request_id: RequestId, subject: Annotated[str, Depends(subject)]) -> RequestView:
    return find(request_id, subject, orders()).request.view()


@router.get(
    "/customers/<customerId>/overview",
    summary="What every service knows of a customer",
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
