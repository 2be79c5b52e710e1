"""What a function's log line tells of a payment, in a few words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from operations.logs import Line
from operations.trace import structured, written_at


class Kind(StrEnum):
    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    PUBLISHED = "published"
    DONE = "done"
    REPORTED = "reported"
    HEARD = "heard"
    ANSWERED = "answered"
    COMPLETED = "completed"
    FAILED = "failed"


_EFFECTS = {
    "customer": "recorded it in the ledger",
    "sales": "wrote the lead",
    "communication": "sent the mail",
}
_SAID = {
    "payment submitted": (Kind.RECEIVED, "received the payment"),
    "payment accepted": (Kind.ACCEPTED, "accepted it"),
    "payment recorded": (Kind.DONE, _EFFECTS["customer"]),
    "premium followed up": (Kind.DONE, _EFFECTS["sales"]),
    "payment confirmed": (Kind.DONE, _EFFECTS["communication"]),
    "payment completed": (Kind.COMPLETED, "completed it"),
    "payment failed": (Kind.FAILED, "gave it up: a step has failed"),
}


@dataclass(frozen=True)
class Step:
    at: datetime
    service: str
    """Or "client"."""
    kind: Kind
    what: str
    cold: bool = False
    """Whether the function had to be started for it."""
    status: int | None = None
    """Of the answer that the client got."""


def told(line: Line) -> Step | None:
    """None of a line that says nothing new."""
    fields = structured(line)
    service = str(fields.get("service", ""))
    if not (found := _told(line.function, service, fields)):
        return None
    kind, what = found
    cold = kind is Kind.RECEIVED and fields.get("cold_start") is True
    return Step(written_at(line, fields), service, kind, what, cold)


def _told(function: str, service: str, fields: Mapping[str, Any]) -> tuple[Kind, str] | None:
    message = str(fields.get("message", ""))
    if message in _SAID:
        return _SAID[message]
    match message.split():
        case "a", "message", "is", "begun":
            # Of whoever collects outcomes the next line says it better.
            is_step = function != "OutcomesConsumerFunction"
            return (Kind.RECEIVED, f"took its message{_attempt(fields)}") if is_step else None
        case "events", "published":
            if function.endswith("ConsumerFunction"):
                return Kind.REPORTED, "reported its outcome"
            events = "an event" if fields["count"] == 1 else f"{fields['count']} events"
            return Kind.PUBLISHED, f"published {events}"
        case "step", "done" if fields["step"] == service:
            return Kind.DONE, _EFFECTS[service]
        case "step", "done":
            return Kind.HEARD, f"noted that {fields['step'].title()} is done"
        case "step", status:
            return Kind.FAILED, f"noted of {fields['step'].title()}: {status}{_because(fields)}"
        case "payment", "refused":
            return Kind.FAILED, f"refused it: {fields['status']}"
    is_trouble = fields.get("level") in ("WARNING", "ERROR", "CRITICAL")
    return (Kind.FAILED, f"{message}{_because(fields)}") if is_trouble else None


def _attempt(fields: Mapping[str, Any]) -> str:
    count = fields.get("receive_count", 1)
    return f", attempt {count}" if count != 1 else ""


def _because(fields: Mapping[str, Any]) -> str:
    _, _, exception = str(fields.get("exception", "")).strip().rpartition("\n")
    reason = fields.get("detail") or exception
    return f": {reason}" if reason else ""
