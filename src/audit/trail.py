"""Tells what happened to a request, across services; an operator invokes it directly."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from audit.entries import AuditTable
from audit.model import Trail
from contracts.events import RequestData
from runtime.logs import correlate, logger
from runtime.settings import Settings


class TrailSettings(Settings):
    audit_table: str


@cache
def entries() -> AuditTable:
    return AuditTable(TrailSettings.from_environment().audit_table)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Takes `{"requestId": "..."}`, and answers `{"events": [...]}`, in order of time."""
    request_id = RequestData.model_validate(event).request_id
    correlate(request_id)
    found = sorted(entries().of_request(request_id), key=lambda each: each.time)
    return Trail(events=found).model_dump(mode="json")
