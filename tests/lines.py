"""What functions log, line by line."""

import json
from typing import Any

type Line = dict[str, Any]


def parsed(text: str) -> list[Line]:
    """The structured lines of a log."""
    return [json.loads(line) for line in text.splitlines()]


def about(lines: list[Line]) -> list[tuple[str, str | None]]:
    """Each line's message, and the request that it is about."""
    return [(line["message"], line.get("correlation_id")) for line in lines]


def counted(text: str) -> list[str]:
    """The metrics that the lines tell of, in order, and what they are by."""
    return [
        " ".join([metric["Name"], *(str(line[name]) for name in by)])
        for line in parsed(text)
        for directive in line["_aws"]["CloudWatchMetrics"]
        for by in [set(directive["Dimensions"][-1]) - {"service"}]
        for metric in directive["Metrics"]
    ]
