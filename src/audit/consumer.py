"""Audit's queue: every event of every service. It keeps them, and is no step of a request."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from audit.entries import AuditTable
from audit.model import KeptEvent
from runtime.consumer import QueueSettings, consume
from runtime.logs import logger


class AuditSettings(QueueSettings):
    audit_table: str


@cache
def wiring() -> tuple[AuditSettings, AuditTable]:
    settings = AuditSettings.from_environment()
    return settings, AuditTable(settings.audit_table)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    settings, entries = wiring()
    return consume(event, context, KeptEvent, entries.add, settings)
