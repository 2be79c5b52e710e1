"""Sales' API for other services: follow up a paid premium, tell what the lead is."""

from functools import cache
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST
from aws_lambda_powertools.utilities.typing import LambdaContext

from contracts import internal
from payment_requests.api import RequestId
from runtime.logs import correlate, logger
from runtime.rest import CustomerId, no_content, rest_api
from runtime.settings import Settings
from sales import service
from sales.leads import LeadsTable
from sales.model import LeadChanged, PaidPremium

router = Router()


class SalesSettings(Settings):
    leads_table: str
    mark_retention_days: int


@cache
def leads() -> LeadsTable:
    settings = SalesSettings.from_environment()
    return LeadsTable(settings.leads_table, settings.mark_retention_days)


@cache
def app() -> APIGatewayRestResolver:
    statuses: dict[type[Exception], HTTPStatus] = {LeadChanged: HTTPStatus.SERVICE_UNAVAILABLE}
    return rest_api("Sales", router, statuses, internal_prefix="/internal/sales")


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app().resolve(event, context)


@router.put("/premiums/<requestId>")
def follow_up(request_id: RequestId, premium: internal.PaidPremium) -> Response[None]:
    correlate(request_id)
    paid = PaidPremium(
        request_id=request_id,
        customer_id=premium.customer_id,
        product=premium.product,
        period=premium.period,
    )
    service.follow_up(paid, leads())
    logger.info("premium followed up")
    return no_content()


@router.get("/customers/<customerId>")
def overview(customer_id: CustomerId) -> internal.LeadView:
    return service.overview(customer_id, leads())
