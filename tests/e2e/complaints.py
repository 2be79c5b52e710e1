"""What a stack's functions complained of in their logs, for the report of a test that failed."""

import re
from collections.abc import Iterator
from datetime import datetime

from operations.logs import Line, followed, log_groups
from operations.place import Place
from operations.stack import find
from operations.trace import PLATFORM, structured

_LEVELS = ("WARNING", "ERROR", "CRITICAL")
_FIELDS = ("level", "message", "correlation_id", "receive_count", "error")
_RAISED = re.compile(r"^\S+: .*", re.MULTILINE)


def complaints(place: Place, stack_name: str, since: datetime) -> Iterator[str]:
    """A line for each, in the order of time."""
    stack = find(place, stack_name)
    if stack is None:
        return
    for line in followed(stack, log_groups(stack), since):
        if told := _told(line):
            yield f"{line.at:%H:%M:%S.%f} {line.function}: {told}"


def _told(line: Line) -> str | None:
    fields = structured(line)
    if not fields:
        return None if line.text.startswith(PLATFORM) else line.text
    if fields.get("level") not in _LEVELS:
        return None
    told = [str(fields[name]) for name in _FIELDS if fields.get(name) is not None]
    return " | ".join(told + _RAISED.findall(fields.get("exception", ""))[-1:])
