"""DynamoDB on moto in LocalStack's process, instead of the DynamoDB Local download.

moto is made for tests of one thread and small tables: its stores need a lock, and its transactions
copy every table they touch. Streams are not served.
"""

import copy
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from localstack.aws.api.dynamodb import DynamodbApi, IdempotentParameterMismatchException
from localstack.services.moto import MotoFallbackDispatcher
from localstack.services.plugins import Service, ServiceLifecycleHook, aws_provider
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_TOKEN_LIFETIME_SECONDS = 600.0

Handler = Callable[[Any, Any], Any]
_moto_transact_write_items = DynamoDBBackend.transact_write_items


@aws_provider(api="dynamodb", name="moto")
def moto_dynamodb() -> Service:
    DynamoDBBackend.transact_write_items = transact_write_items
    return Service.for_provider(_MotoDynamoDb(), dispatch_table_factory=_dispatch_table)


class _MotoDynamoDb(DynamodbApi, ServiceLifecycleHook):  # type: ignore[misc]
    def accept_state_visitor(self, visitor: Any) -> None:
        visitor.visit(dynamodb_backends)


def _dispatch_table(provider: _MotoDynamoDb) -> dict[str, Handler]:
    lock = threading.Lock()

    def one_at_a_time(handler: Handler) -> Handler:
        def call(context: Any, request: Any) -> Any:
            with lock:
                return handler(context, request)

        return call

    handlers = dict(MotoFallbackDispatcher(provider))
    handlers["TransactWriteItems"] = _once_per_token(handlers["TransactWriteItems"])
    return {name: one_at_a_time(handler) for name, handler in handlers.items()}


def _once_per_token(handler: Handler) -> Handler:
    """A transaction repeated with its token, as after a lost answer, has no second effect."""
    done: dict[str, tuple[float, str]] = {}

    def transact(context: Any, request: Any) -> Any:
        token = request.get("ClientRequestToken")
        if not token:
            return handler(context, request)
        now = time.monotonic()
        for expired in [key for key, (end, _) in done.items() if end < now]:
            del done[expired]
        wanted = json.dumps(request, sort_keys=True, default=repr)
        if token in done:
            if done[token][1] != wanted:
                raise IdempotentParameterMismatchException(
                    "The request uses the same client token as a previous,"
                    " but non-identical request."
                )
            return {}
        answer = handler(context, request)
        done[token] = now + _TOKEN_LIFETIME_SECONDS, wanted
        return answer

    return transact


def transact_write_items(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """Moto's transaction, run on small tables that hold copies of only the items it names.

    When it succeeds these items are put back, when it fails nothing was touched. Its cost does not
    grow with the tables.
    """
    staged = copy.copy(backend)
    staged.tables = {}
    keys: list[tuple[str, DynamoType, DynamoType | None]] = []
    for name_or_arn, key in filter(None, map(_key_of, transact_items)):
        table = backend.get_table(name_or_arn)
        if table.hash_key_attr not in key:
            continue  # moto finds that out and says so
        if table.name not in staged.tables:
            staged.tables[table.name] = _empty_copy(table)
        hash_key = DynamoType(key[table.hash_key_attr])
        range_key = DynamoType(key[table.range_key_attr]) if table.range_key_attr in key else None
        keys.append((table.name, hash_key, range_key))
        item = _find(table, hash_key, range_key)
        if item is not None:
            _put(staged.tables[table.name], hash_key, range_key, copy.deepcopy(item))

    _moto_transact_write_items(staged, transact_items)

    for name, hash_key, range_key in keys:
        item = _find(staged.tables[name], hash_key, range_key)
        if item is None:
            backend.tables[name].delete_item(hash_key, range_key)
        else:
            _put(backend.tables[name], hash_key, range_key, item)


def _key_of(transact_item: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Table name, and attributes that include the key, of one operation."""
    operation: dict[str, Any] = next(iter(transact_item.values()), {})
    attributes = operation.get("Key") or operation.get("Item")
    return (operation["TableName"], attributes) if attributes else None


def _empty_copy(table: Table) -> Table:
    copied = copy.copy(table)
    copied.items = defaultdict(dict)
    copied.stream_shard = None
    return copied


def _find(table: Table, hash_key: DynamoType, range_key: DynamoType | None) -> Any:
    if hash_key not in table.items:
        return None
    found = table.items[hash_key]
    return found.get(range_key) if table.has_range_key else found


def _put(table: Table, hash_key: DynamoType, range_key: DynamoType | None, item: Any) -> None:
    if range_key is None:
        table.items[hash_key] = item
    else:
        table.items[hash_key][range_key] = item
