"""Metric filters of log groups, whose patterns are of JSON, are kept, and count nothing. Readers of
log groups get the lines that contain the term of their pattern.

LocalStack lets every line match every pattern, and publishes each match of a filter at once.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from collections.abc import Callable
from typing import Any

from localstack.services.logs import provider


def install() -> None:
    provider.get_pattern_matcher = _matcher


def _matcher(pattern: str) -> Callable[[str, dict[str, Any]], bool]:
    if pattern.startswith("{"):
        return lambda _same_pattern, _line: False
    return lambda _same_pattern, line: pattern.strip('"') in line["message"]
