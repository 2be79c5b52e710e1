"""Transactions and time-ordered indexes over one table of Amazon DynamoDB."""

import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING

from runtime import aws
from runtime.errors import Unavailable

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        PutTypeDef,
        WriteRequestTypeDef,
    )

    type Item = dict[str, AttributeValueTypeDef]

_SHARDS = 8
"""Of an index: one partition would take 1,000 writes a second and no more.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-sharding.html
"""
_ATTEMPTS = 5
_BACKOFF_SECONDS = 0.05
_MOST_WRITES = 25  # in one call of BatchWriteItem

NEW = "attribute_not_exists(pk)"
"""The condition of an item that must not be there yet."""


class _Conflict(Exception):
    """Another transaction was faster."""


class TableTransaction:
    """Reads of a table, and writes that are made when the work is done: all of them or none."""

    def __init__(self, table: str) -> None:
        self.table = table
        self._puts: list[tuple[PutTypeDef, Exception]] = []

    @aws.answering("DynamoDB")
    def get(self, pk: str) -> "Item | None":
        answer = aws.dynamodb().get_item(
            TableName=self.table, Key={"pk": {"S": pk}}, ConsistentRead=True
        )
        return answer.get("Item")

    def put(
        self,
        item: "Item",
        condition: str,
        values: "Item | None" = None,
        otherwise: Exception | None = None,
    ) -> None:
        """Where the condition does not hold in the end, the transaction raises `otherwise`, or,
        by default, runs again.
        """
        put: PutTypeDef = {"TableName": self.table, "Item": item, "ConditionExpression": condition}
        if values:
            put["ExpressionAttributeValues"] = values
        self._puts.append((put, otherwise or _Conflict()))

    @aws.answering("DynamoDB")
    def commit(self) -> None:
        client = aws.dynamodb()
        try:
            match self._puts:
                case []:
                    return
                case [(put, _)]:  # half the price of a transaction
                    client.put_item(**put)
                case _:
                    puts = [{"Put": put} for put, _ in self._puts]
                    client.transact_write_items(TransactItems=puts)  # type: ignore[arg-type]
        except client.exceptions.ConditionalCheckFailedException:
            raise self._puts[0][1] from None
        except client.exceptions.TransactionConflictException as error:
            raise _Conflict from error
        except client.exceptions.TransactionCanceledException as cancelled:
            codes = [reason["Code"] for reason in cancelled.response["CancellationReasons"]]
            # Before any refusal: the other, still at it, may be doing this very work.
            if "TransactionConflict" in codes:
                raise _Conflict from cancelled
            failed = [
                otherwise
                for (_, otherwise), code in zip(self._puts, codes, strict=True)
                if code == "ConditionalCheckFailed"
            ]
            if failed:  # here too
                raise min(failed, key=lambda error: not isinstance(error, _Conflict)) from None
            raise  # throttled, or what we asked for was wrong


def transaction[Result](table: str, work: Callable[[TableTransaction], Result]) -> Result:
    """Runs the work and then its writes, again where another was faster.

    The other may be this very call, repeated by boto because its answer got lost: work must tell
    from what it reads that it is done already.

    Raises Unavailable when DynamoDB does not answer, or others keep being faster.
    """
    for attempt in range(_ATTEMPTS):
        if attempt:
            _back_off(attempt)
        writes = TableTransaction(table)
        result = work(writes)
        try:
            writes.commit()
        except _Conflict:
            continue
        return result
    raise Unavailable("DynamoDB: the transaction kept conflicting")


def delete(table: str, pks: Sequence[str]) -> None:
    """Deletes the items, or, where DynamoDB is busy, some of them."""
    _write_batches(table, [{"DeleteRequest": {"Key": {"pk": {"S": pk}}}} for pk in pks])


def write(table: str, items: "Sequence[Item]") -> None:
    """Stores the items, in place of those that have their keys; of one key, the last.

    Raises Unavailable when DynamoDB is too busy for some of them.
    """
    last = {item["pk"]["S"]: item for item in items}
    if _write_batches(table, [{"PutRequest": {"Item": item}} for item in last.values()]):
        raise Unavailable("DynamoDB: not every item was written")


@aws.answering("DynamoDB")
def _write_batches(table: str, requests: "Sequence[WriteRequestTypeDef]") -> int:
    """How many of the requests DynamoDB has not fulfilled, though asked again and again."""
    unfulfilled = 0
    for batch in batched(requests, _MOST_WRITES):
        rest: Sequence[WriteRequestTypeDef] = batch
        for attempt in range(_ATTEMPTS):
            if attempt:
                _back_off(attempt)
            answer = aws.dynamodb().batch_write_item(RequestItems={table: rest})
            rest = answer["UnprocessedItems"].get(table, [])  # type: ignore[assignment]
            if not rest:
                break
        unfulfilled += len(rest)
    return unfulfilled


def _back_off(attempt: int) -> None:
    time.sleep(random.uniform(0, _BACKOFF_SECONDS * 2**attempt))


def shard(number: int) -> "AttributeValueTypeDef":
    """The value of an index's partition key: which part of the index an item is in."""
    return {"S": str(number % _SHARDS)}


@aws.answering("DynamoDB")
def oldest(
    table: str, index: str, shard_key: str, sort_key: str, before: datetime, limit: int
) -> "list[Item]":
    """The items of all parts of an index whose instant is before this one, the oldest first."""
    found: list[Item] = []
    for number in range(_SHARDS):
        answer = aws.dynamodb().query(
            TableName=table,
            IndexName=index,
            KeyConditionExpression="#shard = :shard AND #at < :before",
            ExpressionAttributeNames={"#shard": shard_key, "#at": sort_key},
            ExpressionAttributeValues={":shard": shard(number), ":before": instant(before)},
            Limit=limit,
        )
        found += answer["Items"]
    return sorted(found, key=lambda item: item[sort_key]["S"])[:limit]


def instant(at: datetime) -> "AttributeValueTypeDef":
    """In UTC and of one length, so that instants sort as text."""
    return {"S": at.astimezone(UTC).isoformat(timespec="microseconds")}
