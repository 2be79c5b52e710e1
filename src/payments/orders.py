"""Orders in DynamoDB, one item each; a sparse index holds those with open steps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from pydantic import TypeAdapter

from payments.model import Order
from runtime import aws
from runtime.dynamodb import instant, oldest, shard
from runtime.errors import Unavailable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

    from runtime.dynamodb import Item

OPEN_INDEX = "open"
_ATTEMPTS = 5
_PREFIX = "REQUEST#"
_order = TypeAdapter(Order)


class OrdersTable:
    """Items `REQUEST#<id>`: the order as JSON, its version, and when the item expires.

    Every method raises Unavailable when DynamoDB does not answer.
    """

    def __init__(self, name: str, retention_days: int = 0) -> None:
        self._name = name
        self._retention_days = retention_days

    def find(self, request_id: UUID) -> Order | None:
        with _dynamodb() as dynamodb:
            answer = dynamodb.get_item(
                TableName=self._name, Key=_key(request_id), ConsistentRead=True
            )
        item = answer.get("Item")
        return _stored(item) if item else None

    def add(self, order: Order) -> Order | None:
        """The order that is there already under this id; then nothing is stored."""
        try:
            self._write(order)
        except _Changed as error:
            return error.stored
        return None

    def update(self, order: Order, change: Callable[[Order], Order]) -> Order:
        """Changes the order as it is stored now; stores it again where it was withdrawn."""
        for _ in range(_ATTEMPTS):
            changed = replace(change(order), version=order.version + 1)
            try:
                self._write(changed)
            except _Changed as error:  # by another at the same time: no outcome may be lost
                order = error.stored
            else:
                return changed
        raise Unavailable("the order kept changing")

    def withdraw(self, order: Order) -> bool:
        """Removes the order unless it was stored anew since; whether it is removed."""
        try:
            with _dynamodb() as dynamodb:
                dynamodb.delete_item(
                    TableName=self._name,
                    Key=_key(order.id),
                    ConditionExpression="attribute_not_exists(pk) OR version = :version",
                    ExpressionAttributeValues={":version": {"N": str(order.version)}},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except _Changed:
            return False
        return True

    def due(self, now: datetime, limit: int) -> list[UUID]:
        """Orders with open steps whose time to be resumed has come, the longest waiting first."""
        items = oldest(self._name, OPEN_INDEX, "openShard", "resumeAt", now, limit)
        return [UUID(item["pk"]["S"].removeprefix(_PREFIX)) for item in items]

    def _write(self, order: Order) -> None:
        """Raises _Changed where there is an item, but not the version before this one."""
        item: Item = {
            **_key(order.id),
            "order": {"S": _order.dump_json(order).decode()},
            "version": {"N": str(order.version)},
            "expiresAt": aws.expires_in(self._retention_days),
        }
        if order.resume_at is not None:
            item["openShard"] = shard(order.id.int)
            item["resumeAt"] = instant(order.resume_at)
        with _dynamodb() as dynamodb:
            dynamodb.put_item(
                TableName=self._name,
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR version = :before",
                ExpressionAttributeValues={":before": {"N": str(order.version - 1)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )


class _Changed(Exception):
    """The order in the table is another version: `stored`."""

    def __init__(self, stored: Order) -> None:
        super().__init__("the order has changed")
        self.stored = stored


@contextmanager
def _dynamodb() -> "Iterator[DynamoDBClient]":
    client = aws.dynamodb()
    with aws.answering("orders"):
        try:
            yield client
        except client.exceptions.ConditionalCheckFailedException as error:
            item = cast("dict[str, Item]", error.response)["Item"]
            raise _Changed(_stored(item)) from error


def _key(request_id: UUID) -> "Item":
    return {"pk": {"S": f"{_PREFIX}{request_id}"}}


def _stored(item: "Item") -> Order:
    return _order.validate_json(item["order"]["S"])
