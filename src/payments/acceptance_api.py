"""Payments' API in the publish/subscribe pattern: pay a premium, ask what became of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.logging.correlation_paths import API_GATEWAY_REST
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AfterValidator

from contracts.api import PaymentSubmission
from contracts.events import Event
from payment_requests.api import REFUSALS, STATUSES, payment_routes
from payment_requests.dynamodb import DynamoDbRequests, TableSettings
from payment_requests.model import PaymentRequest
from payment_requests.service import find as find_own
from payment_requests.wiring import publish_committed, transaction
from payments import acceptance
from payments.policies import PolicyView
from runtime import dynamodb
from runtime.logs import logger
from runtime.rest import rest_api
from runtime.settings import Names


def _known(types: tuple[str, ...]) -> tuple[str, ...]:
    unknown = set(types) - set(acceptance.EVENTS)
    if unknown:
        raise ValueError(f"{sorted(unknown)} are none of {list(acceptance.EVENTS)}")
    return types


class AcceptanceSettings(TableSettings):
    """`subscribers`: the services that report a step. `published_events`: the types of the events
    that tell of a payment.
    """

    destination: str
    subscribers: Names
    published_events: Annotated[Names, AfterValidator(_known)]
    allowed_origins: str = ""


@cache
def settings() -> AcceptanceSettings:
    return AcceptanceSettings.from_environment()


@cache
def app() -> APIGatewayRestResolver:
    router = payment_routes(pay, find, HTTPStatus.ACCEPTED)
    origins = settings().allowed_origins
    return rest_api("Premium payments, published", router, STATUSES | REFUSALS, origins)


@logger.inject_lambda_context(correlation_id_path=API_GATEWAY_REST, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app().resolve(event, context)


def pay(submission: PaymentSubmission, subject: str, idempotency_key: str) -> PaymentRequest:
    def accept(table: dynamodb.TableTransaction) -> tuple[PaymentRequest, Sequence[Event]]:
        return acceptance.accept(
            submission,
            subject,
            idempotency_key,
            datetime.now(UTC),
            policies=PolicyView(table),
            requests=DynamoDbRequests(table, settings().mark_retention_days),
            subscribers=settings().subscribers,
            publishes=settings().published_events,
        )

    request, events = dynamodb.transaction(settings().requests_table, accept)
    publish_committed(request, events, settings().destination)
    return request


def find(request_id: UUID, subject: str) -> PaymentRequest:
    return transaction()(lambda requests: find_own(request_id, subject, requests))
