"""Which store holds the requests of the service that a function belongs to."""

import os
from collections.abc import Sequence

from contracts.events import Event
from payment_requests.model import Change, PaymentRequest
from payment_requests.progress import tell
from payment_requests.service import RequestStore, Transaction, publish
from runtime.errors import Unavailable
from runtime.logs import logger
from runtime.publishers import publisher


def transaction() -> Transaction[RequestStore]:
    """In the table of DynamoDB that REQUESTS_TABLE names, or else in the database (Aurora)."""
    # Imported here: either store costs a function's start what only that store needs.
    if os.environ.get("REQUESTS_TABLE"):
        from payment_requests import dynamodb

        return dynamodb.transaction
    from payment_requests import aurora

    return aurora.transaction


def publish_committed(request: PaymentRequest, events: Sequence[Event], destination: str) -> None:
    """After the commit, which stands: what goes wrong here is the outbox relay's to repair. No
    event: the request was accepted before, and its client repeats it.
    """
    if events:
        tell(Change(None, request))
    try:
        publish(events, transaction(), publisher(destination))
    except Unavailable:
        logger.warning("the outbox mark stands")
