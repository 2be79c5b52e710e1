"""Customer's API in the decouple pattern: pay a premium, ask what became of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import (
    APIGatewayRestResolver,
    Depends,
    Response,
)
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST
from aws_lambda_powertools.utilities.typing import LambdaContext

from contracts.api import PaymentSubmission, RequestView
from contracts.events import Event
from customer import service
from customer.ledger import AuroraLedger
from customer.model import PeriodPaid, UnknownPolicy, WrongAmount
from payment_requests import aurora
from payment_requests.api import (
    ACCEPTED,
    FOUND,
    STATUSES,
    IdempotencyKey,
    RequestId,
    accepted,
    problems,
)
from payment_requests.service import find, publish
from runtime.database import database
from runtime.errors import Unavailable
from runtime.logs import logger
from runtime.queues import QueuePublisher
from runtime.rest import rest_api, subject
from runtime.settings import Settings

_STATUSES = {
    **STATUSES,
    UnknownPolicy: HTTPStatus.UNPROCESSABLE_ENTITY,
    WrongAmount: HTTPStatus.UNPROCESSABLE_ENTITY,
    PeriodPaid: HTTPStatus.CONFLICT,
}

router = Router()


class CustomerSettings(Settings):
    """`subscribers`: the services, comma-separated, that take part after Customer itself."""

    sales_queue_url: str
    subscribers: str
    allowed_origins: str = ""


@cache
def settings() -> CustomerSettings:
    return CustomerSettings.from_environment()


@cache
def app() -> APIGatewayRestResolver:
    return rest_api("Premium payments, decoupled", router, _STATUSES, settings().allowed_origins)


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app().resolve(event, context)


@router.post(
    "/payments",
    summary="Pay the premium of a policy for one month",
    status_code=HTTPStatus.ACCEPTED,
    responses=ACCEPTED | problems(400, 401, 403, 409, 415, 422, 503),
)
def pay(
    submission: PaymentSubmission,
    idempotency_key: IdempotencyKey,
    subject: Annotated[str, Depends(subject)],
) -> Response[RequestView]:
    request, events = database().transaction(
        lambda connection: service.pay(
            submission,
            subject,
            idempotency_key,
            datetime.now(UTC),
            ledger=AuroraLedger(connection),
            requests=aurora.AuroraRequests(connection),
            subscribers=settings().subscribers.split(","),
        )
    )
    logger.append_keys(request_id=str(request.id))
    _publish(events)
    return accepted(request)


@router.get(
    "/payments/<requestId>",
    summary="Tell what became of a payment request",
    responses=FOUND | problems(400, 401, 404, 503),
)
def get(request_id: RequestId, subject: Annotated[str, Depends(subject)]) -> RequestView:
    request = aurora.transaction(lambda requests: find(request_id, subject, requests))
    return request.view()


def _publish(events: Sequence[Event]) -> None:
    """After the commit, which stands: what goes wrong here is the outbox relay's to repair."""
    try:
        publish(events, aurora.transaction, QueuePublisher(settings().sales_queue_url))
    except Unavailable:
        logger.warning("the outbox mark stands")
