"""Customer's queue in the publish/subscribe pattern: payments that Payments has taken."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from customer import service
from customer.ledger import AuroraLedger
from customer.model import PaymentTaken
from runtime.consumer import StepSettings, consume_steps
from runtime.database import database
from runtime.logs import logger


@cache
def settings() -> StepSettings:
    return StepSettings.from_environment()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    def work(message: PaymentTaken) -> None:
        database().transaction(
            lambda connection: service.note(message.data, message.time, AuroraLedger(connection))
        )

    return consume_steps(event, context, service.SERVICE, PaymentTaken, work, settings())
