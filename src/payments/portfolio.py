"""Loads policies into Payments' view of them; an operator invokes it directly."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from payment_requests.premiums import Portfolio
from payments import policies
from runtime.logs import logger
from runtime.settings import Settings


class PortfolioSettings(Settings):
    requests_table: str


@cache
def settings() -> PortfolioSettings:
    return PortfolioSettings.from_environment()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Takes `{"policies": [...]}`, adds or updates them, and answers `{"imported": n}`."""
    portfolio = Portfolio.model_validate(event).policies
    policies.load(settings().requests_table, portfolio)
    return {"imported": len(portfolio)}
