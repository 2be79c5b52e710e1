"""Boto3's clients in memory: the calls, and of each what the functions use."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from tests.integration.properties.faults import Faults, timeout

type Item = dict[str, Any]
type Key = tuple[str, str, str]


class _ConditionalCheckFailed(ClientError):
    pass


class _TransactionCanceled(ClientError):
    pass


class _TransactionConflict(ClientError):
    pass


class _Exceptions:
    ConditionalCheckFailedException = _ConditionalCheckFailed
    TransactionCanceledException = _TransactionCanceled
    TransactionConflictException = _TransactionConflict


@dataclass
class MemoryDynamoDb:
    """Tables whose keys are `pk`, and `sk` where an item has one."""

    faults: Faults
    written: Callable[[Item], None] = lambda item: None
    """Is told of every item that was put."""
    items: dict[Key, Item] = field(default_factory=dict)
    exceptions: ClassVar = _Exceptions

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool) -> dict[str, Any]:
        assert ConsistentRead
        self.faults.meet(timeout)
        item = self.items.get(_key(TableName, Key))
        return {"Item": item} if item else {}

    def put_item(self, **put: Any) -> dict[str, Any]:
        return self.faults.call(lambda: self._write([{"Put": put}]))

    def delete_item(self, **delete: Any) -> dict[str, Any]:
        return self.faults.call(lambda: self._write([{"Delete": delete}]))

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> dict[str, Any]:
        return self.faults.call(lambda: self._write(TransactItems, is_transaction=True))

    def batch_write_item(self, *, RequestItems: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
        writes = [
            {"Put": {"TableName": table, **request["PutRequest"]}}
            if "PutRequest" in request
            else {"Delete": {"TableName": table, **request["DeleteRequest"]}}
            for table, requests in RequestItems.items()
            for request in requests
        ]
        self.faults.call(lambda: self._write(writes))
        return {"UnprocessedItems": {}}

    def query(self, **query: Any) -> dict[str, Any]:
        """Of an index with a partition key and an instant that it is sorted by. It never breaks: a
        schedule asks for every part of its index, and does nothing but that before its first fault.
        """
        names, values = query["ExpressionAttributeNames"], query["ExpressionAttributeValues"]
        items = [
            item
            for (table, *_), item in self.items.items()
            if table == query["TableName"]
            and item.get(names["#shard"]) == values[":shard"]
            and item[names["#at"]]["S"] < values[":before"]["S"]
        ]
        items.sort(key=lambda item: item[names["#at"]]["S"])
        return {"Items": items[: query["Limit"]]}

    def _write(
        self, writes: list[dict[str, Any]], *, is_transaction: bool = False
    ) -> dict[str, Any]:
        kept = [self._keeps(write) for write in writes]
        if not all(kept):
            if is_transaction:
                codes = [{"Code": "None" if ok else "ConditionalCheckFailed"} for ok in kept]
                raise _TransactionCanceled({"CancellationReasons": codes}, "TransactWriteItems")
            (write,) = writes
            ((_, what),) = write.items()
            found = self.items[_key(what["TableName"], what.get("Item") or what["Key"])]
            raise _ConditionalCheckFailed({"Item": found}, "Write")
        for write in writes:
            ((kind, what),) = write.items()
            if kind == "Put":
                self.items[_key(what["TableName"], what["Item"])] = what["Item"]
                self.written(what["Item"])
            else:
                self.items.pop(_key(what["TableName"], what["Key"]), None)
        return {}

    def _keeps(self, write: dict[str, Any]) -> bool:
        """Whether the condition holds: some of `attribute_not_exists(pk)` and `name op :value`."""
        ((_, what),) = write.items()
        found = self.items.get(_key(what["TableName"], what.get("Item") or what["Key"]))
        condition = what.get("ConditionExpression", "")
        return not condition or any(
            _holds(term, found, what.get("ExpressionAttributeValues", {}))
            for term in condition.split(" OR ")
        )


def _key(table: str, item: Item) -> Key:
    return table, item["pk"]["S"], item.get("sk", {}).get("S", "")


def _holds(term: str, found: Item | None, values: Item) -> bool:
    if term == "attribute_not_exists(pk)":
        return found is None
    name, operator, value = term.split()
    if found is None or name not in found:
        return False
    match operator:
        case "=":
            return bool(found[name] == values[value])
        case "<":
            return float(found[name]["N"]) < float(values[value]["N"])
    raise AssertionError(f"nothing is known of {term}")


@dataclass
class Message:
    id: str
    body: str
    receives: int = 0


@dataclass
class Queue:
    waiting: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    """The bodies of all messages that there ever were."""


@dataclass
class MemoryQueues:
    """SQS, and an SNS topic before it whose subscribers are queues."""

    faults: Faults
    subscribers: dict[str, list[str]] = field(default_factory=dict)
    """The queues that get an event, by its type."""
    queues: dict[str, Queue] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def put(self, queue_url: str, body: str) -> None:
        queue = self.queues[queue_url]
        queue.sent.append(body)
        queue.waiting.append(Message(f"message-{next(self._numbers)}", body))

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        def send() -> None:
            for entry in Entries:
                self.put(QueueUrl, entry["MessageBody"])

        self.faults.call(send)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def publish_batch(
        self, *, TopicArn: str, PublishBatchRequestEntries: list[dict[str, Any]]
    ) -> dict[str, Any]:
        def publish() -> None:
            for entry in PublishBatchRequestEntries:
                for queue_url in self.subscribers[json.loads(entry["Message"])["type"]]:
                    self.put(queue_url, entry["Message"])

        self.faults.call(publish)
        return {"Successful": [{"Id": entry["Id"]} for entry in PublishBatchRequestEntries]}

    def change_message_visibility_batch(self, **_call: Any) -> dict[str, Any]:
        """Here a message comes again whenever the test says so."""
        return {}


@dataclass
class MemorySes:
    faults: Faults
    sent: Callable[[str], None]
    """Is told of every recipient."""

    def send_email(self, *, Destination: dict[str, list[str]], **_mail: Any) -> dict[str, Any]:
        (recipient,) = Destination["ToAddresses"]
        self.faults.call(lambda: self.sent(recipient))
        return {}
