"""The receipt of a payment: behind the gateway's one route that is no proxy.

The gateway maps the request to `{"requestId", "subject", "exp"}` and the answer to the public
receipt. It tells errors apart by how their messages begin, see the template.
https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
"""

import time
from functools import cache
from typing import Any
from uuid import UUID

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from payment_requests.model import UnknownRequest
from payments import service
from payments.model import NotPaid
from payments.orders import OrdersTable
from runtime.errors import Unavailable
from runtime.logs import correlate, logger
from runtime.settings import Settings


class ReceiptSettings(Settings):
    orders_table: str


class Question(BaseModel):
    """`subject` and `exp` are what the authorizer has found in the bearer token."""

    model_config = ConfigDict(alias_generator=to_camel, hide_input_in_errors=True)

    request_id: UUID
    subject: str
    exp: float


class ReceiptError(Exception):
    """The message begins with what the gateway looks for."""


@cache
def orders() -> OrdersTable:
    return OrdersTable(ReceiptSettings.from_environment().orders_table)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    try:
        question = Question.model_validate(event)
    except ValidationError as error:
        raise ReceiptError("Invalid: requestId must be a UUID") from error
    correlate(question.request_id)
    # The gateway's answer of the authorizer may be older than the token's end.
    if question.exp <= time.time():
        raise ReceiptError("Unauthorized: the bearer token has expired")
    try:
        receipt = service.receipt(question.request_id, question.subject, orders())
    except UnknownRequest as error:
        raise ReceiptError(f"NotFound: {error}") from error
    except NotPaid as error:
        raise ReceiptError(f"NotPaid: {error}") from error
    except Unavailable as error:
        raise ReceiptError("Unavailable: try again") from error
    return receipt.model_dump(mode="json")
