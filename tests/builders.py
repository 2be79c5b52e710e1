"""Valid values to start from; a test names only what it is about."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from contracts.api import PaymentSubmission, StepStatus
from contracts.base import Money
from contracts.events import (
    AcceptedPayment,
    Event,
    PayerContact,
    PaymentAccepted,
    ReportedStatus,
    StepOutcome,
    StepReported,
    event_id,
)
from contracts.internal import Confirmation, LedgerEntry
from payment_requests.model import PaymentRequest, request_id
from payment_requests.premiums import Policy
from payments.acceptance import EVENTS

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)

_numbers = count(1)


def body(**changes: Any) -> dict[str, Any]:
    """The JSON of a valid submission by customer C-1."""
    return {
        "policyId": "P-1",
        "customer": {"id": "C-1", "name": "Ada Lovelace", "email": "ada@example.com"},
        "amount": {"value": "49.90", "currency": "EUR"},
        "period": "2026-11",
    } | changes


def submission(**changes: Any) -> PaymentSubmission:
    return PaymentSubmission.model_validate(body(**changes))


def policy(
    policy_id: str = "P-1",
    *,
    customer_id: str = "C-1",
    product: str = "home",
    premium: str = "49.90",
    currency: str = "EUR",
) -> Policy:
    money = Money(value=Decimal(premium), currency=currency)
    return Policy(policy_id=policy_id, customer_id=customer_id, product=product, premium=money)


def request(
    key: str = "key-1",
    *,
    subject: str = "C-1",
    now: datetime = NOW,
    done: Sequence[str] = ("customer",),
    pending: Sequence[str] = ("sales",),
) -> PaymentRequest:
    return PaymentRequest.accept(
        request_id(subject, key), subject, submission(), now, done=done, pending=pending
    )


def outcome(
    request_id: UUID,
    status: ReportedStatus = StepStatus.DONE,
    *,
    service: str = "sales",
    at: datetime = NOW,
    detail: str | None = None,
) -> StepOutcome:
    return StepOutcome(request_id=request_id, service=service, status=status, at=at, detail=detail)


def step_reported(
    request_id: UUID, status: ReportedStatus = StepStatus.DONE, *, service: str = "sales"
) -> StepReported:
    return StepReported(
        id=event_id(request_id, f"{service}.{status}"),
        source=service,
        time=NOW,
        data=outcome(request_id, status, service=service),
    )


def payment_accepted(request_id: UUID | None = None, **changes: Any) -> PaymentAccepted:
    request_id = request_id or uuid4()
    details = {
        "request_id": request_id,
        "policy_id": "P-1",
        "customer_id": "C-1",
        "product": "home",
        "amount": {"value": "49.90", "currency": "EUR"},
        "period": "2026-11",
    }
    return PaymentAccepted(
        id=event_id(request_id, "payment.accepted"),
        source="customer",
        time=NOW,
        data=AcceptedPayment.model_validate(details | changes),
    )


def published(
    kind: str = "payment.accepted.v1", request_id: UUID | None = None, **changes: Any
) -> Event:
    """A payment by Ada Lovelace, as Payments publishes it in an event of this type."""
    payment = payment_accepted(request_id, **changes).data
    return EVENTS[kind](payment, PayerContact(name="Ada Lovelace", email="ada@example.com"), NOW)


def sqs_record(body: str, *, receives: int = 1, group: str | None = None) -> dict[str, Any]:
    """A message as Lambda's event source mapping hands it over; with a group, of a FIFO queue."""
    number = next(_numbers)
    queue = "arn:aws:sqs:us-east-1:000000000000:queue"
    return {
        "messageId": f"message-{number}",
        "receiptHandle": f"receipt-{number}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            **({"MessageGroupId": group} if group else {}),
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"{queue}.fifo" if group else queue,
        "awsRegion": "us-east-1",
    }


def sqs_event(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


def api_event(
    method: str,
    path: str,
    *,
    body: Any = None,
    headers: dict[str, str] | None = None,
    subject: str | None = "C-1",
    expires_in: float = 300,
) -> dict[str, Any]:
    """A request as the REST API hands it over after its authorizer let it in.

    `body` is text, or a value to send as JSON; without `subject` there was no authorizer.
    """
    headers = {"Content-Type": "application/json", **(headers or {})}
    # The gateway makes strings of the authorizer's context.
    authorizer = {"principalId": subject, "exp": str(int(time.time() + expires_in))}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "stage": "v1",
            "path": f"/v1{path}",
            "httpMethod": method,
            "requestId": "gateway-request",
            "identity": {},
            **({"authorizer": authorizer} if subject is not None else {}),
        },
        "body": body if isinstance(body, str | None) else json.dumps(body),
        "isBase64Encoded": False,
    }


class LambdaContext:
    """What functions take from an invocation's context; `milliseconds` are left of it."""

    def __init__(self, milliseconds: int = 30_000) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds

    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:function"
    aws_request_id = "invocation"


def ledger_entry(**changes: Any) -> LedgerEntry:
    """What Payments asks of Customer."""
    entry = {
        "policyId": "P-1",
        "customerId": "C-1",
        "amount": {"value": "49.90", "currency": "EUR"},
        "period": "2026-11",
    }
    return LedgerEntry.model_validate(entry | changes)


def confirmation(**changes: Any) -> Confirmation:
    """What Payments asks of Communication."""
    asked = ledger_entry().model_dump() | {"name": "Ada Lovelace", "email": "ada@example.com"}
    return Confirmation.model_validate(asked | changes)
