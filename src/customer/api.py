"""Customer's API in the decouple pattern: pay a premium, ask what became of it."""

from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Any
from uuid import UUID

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST
from aws_lambda_powertools.utilities.typing import LambdaContext

from contracts.api import PaymentSubmission
from customer import service
from customer.ledger import AuroraLedger
from payment_requests import aurora
from payment_requests.api import REFUSALS, STATUSES, payment_routes
from payment_requests.model import PaymentRequest
from payment_requests.service import find as find_own
from payment_requests.wiring import publish_committed
from runtime.database import database
from runtime.logs import logger
from runtime.rest import rest_api
from runtime.settings import Names, Settings


class CustomerSettings(Settings):
    """`subscribers`: the services that take part after Customer itself."""

    destination: str
    subscribers: Names
    allowed_origins: str = ""


@cache
def settings() -> CustomerSettings:
    return CustomerSettings.from_environment()


@cache
def app() -> APIGatewayRestResolver:
    router = payment_routes(pay, find, HTTPStatus.ACCEPTED)
    origins = settings().allowed_origins
    return rest_api("Premium payments, decoupled", router, STATUSES | REFUSALS, origins)


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app().resolve(event, context)


def pay(submission: PaymentSubmission, subject: str, idempotency_key: str) -> PaymentRequest:
    request, events = database().transaction(
        lambda connection: service.pay(
            submission,
            subject,
            idempotency_key,
            datetime.now(UTC),
            ledger=AuroraLedger(connection),
            requests=aurora.AuroraRequests(connection),
            subscribers=settings().subscribers,
        )
    )
    publish_committed(request, events, settings().destination)
    return request


def find(request_id: UUID, subject: str) -> PaymentRequest:
    return aurora.transaction(lambda requests: find_own(request_id, subject, requests))
