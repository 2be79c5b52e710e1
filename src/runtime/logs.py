"""One structured logger per function; it takes its service name from the template.

Every line about a payment carries its request's id as `correlation_id`. All services know that id,
so nothing has to be handed on for it, and a client who repeats a request gets the same one. Where
there is no such id (yet) it is that of the gateway's request, or none.

No personal data goes into a log: identifiers only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from aws_lambda_powertools import Logger

logger = Logger()


def correlate(request_id: UUID) -> None:
    """From here on, until the invocation ends, what is logged is about this request."""
    logger.set_correlation_id(str(request_id))


@contextmanager
def correlated(request_id: UUID | None) -> Iterator[None]:
    """What is logged in the block is about this request; in all threads, so one at a time."""
    before = logger.get_correlation_id()
    logger.set_correlation_id(str(request_id) if request_id else None)
    try:
        yield
    finally:
        logger.set_correlation_id(before)
