"""LocalStack's HTTP server, Twisted's, without two things that took a tenth of LocalStack's time:
it parses each request's `Content-Type` as a mail's, and writes an access log that nobody reads.
"""

from functools import lru_cache
from typing import Any

from twisted.web import http


def install() -> None:
    http._parseContentType = lru_cache(maxsize=100)(http._parseContentType)
    http.HTTPFactory.log = _write_nothing


def _write_nothing(_factory: http.HTTPFactory, _request: Any) -> None:
    """LocalStack itself logs each request."""
