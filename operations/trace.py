"""Prints the story of one payment request, across services, in the order of time.

It is told by the log lines with the request's correlation_id, by what Lambda itself logged about
the invocations that wrote them, and by the events that Audit has kept where there is an Audit.
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from operations.errors import Failed
from operations.logs import Line, duration, lines, log_groups
from operations.stack import Stack, chosen

_AUDIT = "AuditTrailFunction"
PLATFORM = ("INIT_START ", "START ", "END ", "REPORT ", "INIT_REPORT ")
_ABOUT_THE_FUNCTION = {
    *("level", "location", "timestamp", "service", "message", "correlation_id", "cold_start"),
    *("function_name", "function_memory_size", "function_arn", "function_request_id"),
    *("xray_trace_id", "exception", "exception_name", "exception_notes", "stack_trace", "_aws"),
}


@dataclass(frozen=True)
class Entry:
    """What happened, and where."""

    at: datetime
    service: str
    function: str
    what: str


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("request", type=UUID, help="the requestId of the answer to POST /payments")
    parser.add_argument("--since", type=duration, default="1d", help="such as 7d, by default 1d")


def run(options: Namespace) -> int:
    stack, request = chosen(options), options.request
    entries = list(story(stack, request, datetime.now(UTC) - options.since))
    if not entries:
        raise Failed(
            f"{stack.name} in {stack.place.name} has logged nothing about request {request} in this"
            " time. Look back further (SINCE=7d), or at another stack; what has just happened"
            " CloudWatch shows after some seconds"
        )
    begin = entries[0].at
    print(f"{stack.name} in {stack.place.name}")
    print(f"request {request}, from {begin.astimezone(UTC).isoformat(' ', 'milliseconds')}\n")
    _show(entries, begin)
    if events := list(kept_events(stack, request)):
        print("\nevents that Audit has kept\n")
        _show(events, begin)
    return 0


def story(stack: Stack, request: UUID, start: datetime) -> Iterator[Entry]:
    """What is logged of the request since then, the earliest first."""
    groups = log_groups(stack)
    found = [(line, structured(line)) for line in lines(stack, groups, start, str(request))]
    services = {line.function: fields["service"] for line, fields in found if "service" in fields}
    invocations = {
        (line.function, fields["function_request_id"])
        for line, fields in found
        if "function_request_id" in fields
    }
    for function, invocation in invocations:
        group = {function: groups[function]}
        found += [
            (line, {})
            for line in lines(stack, group, start, invocation)
            if not structured(line) and not line.text.startswith(PLATFORM)
        ]

    def entry(line: Line, fields: dict[str, Any]) -> Entry:
        service = services.get(line.function, "")
        return Entry(written_at(line, fields), service, line.function, _told(line, fields))

    # By time alone: lines of the same millisecond stay in the order in which they were written.
    yield from sorted((entry(*each) for each in found), key=lambda entry: entry.at)


def kept_events(stack: Stack, request: UUID) -> Iterator[Entry]:
    function = stack.of_type("AWS::Lambda::Function").get(_AUDIT)
    if not function:
        return
    answer = stack.place.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps({"requestId": str(request)})
    )
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise Failed(f"{_AUDIT}: {said.get('errorMessage', said)}")
    for event in said["events"]:
        data = {key: event["data"].get(key) for key in ("service", "status", "detail")}
        told = _pairs((key, value) for key, value in data.items() if value is not None)
        at = datetime.fromisoformat(event["time"])
        yield Entry(at, event["source"], "", f"{event['type']}{told}")


def structured(line: Line) -> dict[str, Any]:
    """Of a structured line; none of one of the platform."""
    with suppress(ValueError):
        fields = json.loads(line.text)
        if isinstance(fields, dict):
            return fields
    return {}


def written_at(line: Line, fields: dict[str, Any]) -> datetime:
    """When it was written. LocalStack gives all lines of an invocation the time of its end."""
    if "timestamp" in fields:
        return datetime.fromisoformat(fields["timestamp"])
    if "_aws" in fields:
        return datetime.fromtimestamp(fields["_aws"]["Timestamp"] / 1000, UTC)
    return line.at


def _told(line: Line, fields: dict[str, Any]) -> str:
    if not fields:
        return line.text
    level = fields.get("level", "INFO")
    shout = "" if level == "INFO" else f"{level}: "
    _, _, exception = str(fields.get("exception", "")).strip().rpartition("\n")
    metrics = {m["Name"]: m["Unit"] for d in _directives(fields) for m in d["Metrics"]}
    about: list[tuple[str, object]] = []
    for key, value in fields.items():
        if metrics.get(key) == "Milliseconds":
            about.append((key, f"{value[0]:.0f} ms"))
        elif key not in metrics and key not in _ABOUT_THE_FUNCTION:
            about.append((key, value))
    because = f": {exception}" if exception else ""
    return f"{shout}{fields.get('message', '')}{because}{_pairs(about)}"


def _directives(fields: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = fields.get("_aws", {}).get("CloudWatchMetrics", [])
    return found


def _pairs(about: Iterable[tuple[str, object]]) -> str:
    told = ", ".join(f"{key} {value}" for key, value in about)
    return f" ({told})" if told else ""


def _show(entries: list[Entry], begin: datetime) -> None:
    widths = [max(len(each.service) for each in entries), max(len(e.function) for e in entries)]
    for each in entries:
        seconds = (each.at - begin).total_seconds()
        where = f"{each.service:<{widths[0]}}  {each.function:<{widths[1]}}".rstrip()
        print(f"{seconds:>9.3f} s  {where:<{sum(widths) + 2}}  {each.what}".rstrip())
