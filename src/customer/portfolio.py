"""Loads policies into Customer's database; an operator invokes it directly."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from customer.ledger import AuroraLedger
from payment_requests.premiums import Portfolio
from runtime.database import database
from runtime.logs import logger


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Takes `{"policies": [...]}`, adds or updates them, and answers `{"imported": n}`."""
    policies = Portfolio.model_validate(event).policies
    database().transaction(lambda connection: AuroraLedger(connection).add_policies(policies))
    return {"imported": len(policies)}
