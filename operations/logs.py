"""Shows what a stack's functions log, in the order of time.

On AWS `sam logs` does the same for one stack; this works in a local cloud, too.
"""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from time import sleep
from typing import NamedTuple

from local.signals import Stopped
from operations.stack import Stack, chosen

_LOOK_EVERY_S = 2.0
_LATE = timedelta(seconds=30)
"""For so long after its time a line may still come to light, CloudWatch's indexing included."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Line(NamedTuple):
    at: datetime
    function: str
    text: str
    id: str
    """CloudWatch's, which tells equal lines apart."""


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--function", metavar="LOGICAL-ID", help="by default all")
    parser.add_argument("--since", type=duration, default="1h", help="such as 30m, by default 1h")
    parser.add_argument("--tail", action="store_true", help="go on until Ctrl-C")


def run(options: Namespace) -> int:
    stack = chosen(options)
    groups = log_groups(stack, options.function)
    start = datetime.now(UTC) - options.since
    try:
        for line in followed(stack, groups, start, count() if options.tail else range(1)):
            print(line.at.isoformat(" ", "milliseconds"), line.function, line.text, flush=True)
    except Stopped as stopped:
        if not stopped.by_keyboard:
            raise
    return 0


def log_groups(stack: Stack, function: str | None = None) -> dict[str, str]:
    """The log groups by their functions' logical ids, of one function or of all."""
    configuration = stack.place.client("lambda").get_function_configuration
    functions = stack.of_type("AWS::Lambda::Function")
    if function:
        wanted = stack.function(function)
        functions = {wanted: functions[wanted]}
    return {
        name: configuration(FunctionName=physical)["LoggingConfig"]["LogGroup"]
        for name, physical in functions.items()
    }


def followed(
    stack: Stack, groups: dict[str, str], start: datetime, looks: Iterable[int] = range(1)
) -> Iterator[Line]:
    """Every line once, those of one look in the order of time."""
    seen: dict[str, datetime] = {}
    for look in looks:
        if look:
            sleep(_LOOK_EVERY_S)
        # By time alone: lines of the same millisecond stay in the order in which they were written.
        for line in sorted(lines(stack, groups, start), key=lambda line: line.at):
            if line.id not in seen:
                seen[line.id] = line.at
                yield line
        start = max(start, datetime.now(UTC) - _LATE)
        seen = {id: at for id, at in seen.items() if at >= start}


def lines(
    stack: Stack, groups: dict[str, str], start: datetime, containing: str = ""
) -> Iterable[Line]:
    """Those since the start, of one function after the other."""
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    pattern = f'"{containing}"' if containing else ""
    pages = stack.place.client("logs").get_paginator("filter_log_events")
    milliseconds = int(start.timestamp() * 1000)
    for function, group in groups.items():
        for page in pages.paginate(
            logGroupName=group, startTime=milliseconds, filterPattern=pattern
        ):
            for event in page["events"]:
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                yield Line(at, function, event["message"].rstrip(), event["eventId"])


def duration(text: str) -> timedelta:
    """Of "90s", "30m", "2h" or "1d"."""
    if not (found := re.fullmatch(r"(\d{1,4})([smhd])", text)):
        raise ArgumentTypeError(f"{text!r} is no time like 30m, 2h or 1d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
