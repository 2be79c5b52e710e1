"""Communication's API for other services: confirm a payment, tell what was sent."""

from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST
from aws_lambda_powertools.utilities.typing import LambdaContext

from communication import service
from communication.mailer import SesMailer
from communication.model import AddressRefused
from communication.sent import SentTable
from communication.wiring import SendingSettings, sending
from contracts.internal import Confirmation, ConfirmationsView
from payment_requests.api import RequestId
from runtime.logs import correlate, logger
from runtime.rest import CustomerId, no_content, rest_api

router = Router()


@cache
def wiring() -> tuple[SentTable, SesMailer]:
    return sending(SendingSettings.from_environment())


@cache
def app() -> APIGatewayRestResolver:
    statuses: dict[type[Exception], HTTPStatus] = {AddressRefused: HTTPStatus.UNPROCESSABLE_ENTITY}
    return rest_api("Communication", router, statuses, internal_prefix="/internal/communication")


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app().resolve(event, context)


@router.put("/confirmations/<requestId>")
def confirm(request_id: RequestId, confirmation: Confirmation) -> Response[None]:
    correlate(request_id)
    sent, mailer = wiring()
    service.confirm(request_id, confirmation, datetime.now(UTC), sent=sent, mailer=mailer)
    logger.info("payment confirmed")
    return no_content()


@router.get("/customers/<customerId>")
def overview(customer_id: CustomerId) -> ConfirmationsView:
    sent, _ = wiring()
    return service.overview(customer_id, sent)
