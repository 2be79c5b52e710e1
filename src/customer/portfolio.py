"""Loads policies into Customer's database; an operator invokes it directly."""

from typing import Annotated, Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Field

from contracts.base import Contract
from customer.ledger import AuroraLedger
from customer.model import Policy
from runtime.database import database
from runtime.logs import logger


class Portfolio(Contract):
    # DSQL takes 3,000 rows in a transaction, their index entries included.
    policies: Annotated[list[Policy], Field(min_length=1, max_length=1000)]


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Takes `{"policies": [...]}`, adds or updates them, and answers `{"imported": n}`."""
    policies = Portfolio.model_validate(event).policies
    database().transaction(lambda connection: AuroraLedger(connection).add_policies(policies))
    return {"imported": len(policies)}
