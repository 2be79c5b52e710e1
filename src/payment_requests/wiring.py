"""Which store holds the requests of the service that a function belongs to."""

from collections.abc import Callable, Sequence
from functools import cache

from contracts.events import Event
from payment_requests.service import RequestStore, Transaction, publish
from runtime.errors import Unavailable
from runtime.logs import logger
from runtime.publishers import publisher
from runtime.settings import Settings


class StoreSettings(Settings):
    """`requests_table`: of DynamoDB. Without one the requests are in the database (Aurora)."""

    requests_table: str = ""
    mark_retention_days: int = 0


@cache
def transaction() -> Transaction[RequestStore]:
    settings = StoreSettings.from_environment()
    if not settings.requests_table:
        # Imported here, as either store costs a function's start what only that store needs.
        from payment_requests.aurora import transaction as in_database

        return in_database

    from payment_requests.dynamodb import DynamoDbRequests
    from runtime.dynamodb import TableTransaction
    from runtime.dynamodb import transaction as in_table

    def run[Result](work: Callable[[RequestStore], Result]) -> Result:
        def with_requests(table: TableTransaction) -> Result:
            return work(DynamoDbRequests(table, settings.mark_retention_days))

        return in_table(settings.requests_table, with_requests)

    return run


def publish_committed(events: Sequence[Event], destination: str) -> None:
    """After the commit, which stands: what goes wrong here is the outbox relay's to repair."""
    try:
        publish(events, transaction(), publisher(destination))
    except Unavailable:
        logger.warning("the outbox mark stands")
