"""Sales' queue: paid premiums."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from runtime.consumer import StepSettings, consume_steps
from runtime.logs import logger
from sales import service
from sales.leads import LeadsTable
from sales.model import PremiumPaid


class SalesSettings(StepSettings):
    leads_table: str
    mark_retention_days: int


@cache
def wiring() -> tuple[SalesSettings, LeadsTable]:
    settings = SalesSettings.from_environment()
    return settings, LeadsTable(settings.leads_table, settings.mark_retention_days)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings, leads = wiring()

    def work(message: PremiumPaid) -> None:
        service.follow_up(message.data, leads)

    return consume_steps(event, context, "sales", PremiumPaid, work, settings)
