"""Customer's API for other services: record a payment, tell what the ledger holds."""

from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST
from aws_lambda_powertools.utilities.typing import LambdaContext

from contracts.events import PaymentDetails
from contracts.internal import LedgerEntry, LedgerView
from customer import service
from customer.ledger import AuroraLedger
from customer.model import RequestUsed
from payment_requests.api import REFUSALS, RequestId
from runtime.database import database
from runtime.logs import correlate, logger
from runtime.rest import CustomerId, rest_api

router = Router()


@cache
def app() -> APIGatewayRestResolver:
    statuses = REFUSALS | {RequestUsed: HTTPStatus.UNPROCESSABLE_ENTITY}
    return rest_api("Customer", router, statuses, internal_prefix="/internal/customer")


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app().resolve(event, context)


@router.put("/payments/<requestId>")
def record(request_id: RequestId, entry: LedgerEntry) -> PaymentDetails:
    correlate(request_id)
    details = database().transaction(
        lambda connection: service.record(
            request_id, entry, datetime.now(UTC), AuroraLedger(connection)
        )
    )
    logger.info("payment recorded")
    return details


@router.get("/customers/<customerId>")
def overview(customer_id: CustomerId) -> LedgerView:
    return database().transaction(
        lambda connection: service.overview(customer_id, AuroraLedger(connection))
    )
