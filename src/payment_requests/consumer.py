"""The owner's queue: the outcomes that services report for the steps of a request."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from contracts.events import StepReported
from payment_requests import service
from payment_requests.progress import tell
from payment_requests.wiring import transaction
from runtime.consumer import QueueSettings, consume
from runtime.logs import logger


@cache
def settings() -> QueueSettings:
    return QueueSettings.from_environment()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    def work(message: StepReported) -> None:
        if change := transaction()(lambda requests: service.report(message.data, requests)):
            tell(change)

    return consume(event, context, StepReported, work, settings())
