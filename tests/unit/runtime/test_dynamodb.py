"""Answers of DynamoDB that no local one gives."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from runtime import aws, dynamodb
from runtime.dynamodb import NEW, TableTransaction, transaction
from runtime.errors import Unavailable


class Taken(Exception):
    """The item is there already."""


class Never(Exception):
    """Nothing raises it."""


class Cancelled(ClientError):
    def __init__(self, codes: tuple[str, ...]) -> None:
        reasons: Any = {
            "Error": {"Code": "TransactionCanceledException"},
            "CancellationReasons": [{"Code": code} for code in codes],
        }
        super().__init__(reasons, "TransactWriteItems")


class FakeDynamoDb:
    """Cancels a transaction for each of these reasons; of a batch it takes one write a call."""

    class exceptions:  # noqa: N801
        ConditionalCheckFailedException = Never
        TransactionConflictException = Never
        TransactionCanceledException = Cancelled

    def __init__(self, *cancels: tuple[str, ...], takes: int = 25) -> None:
        self.cancels = list(cancels)
        self.takes = takes
        self.written: list[str] = []
        self.calls = 0

    def transact_write_items(self, **_: Any) -> None:
        if self.cancels:
            raise Cancelled(self.cancels.pop(0))

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:
        self.calls += 1
        ((table, requests),) = RequestItems.items()
        taken, rest = requests[: self.takes], requests[self.takes :]
        self.written += [request["PutRequest"]["Item"]["pk"]["S"] for request in taken]
        return {"UnprocessedItems": {table: rest} if rest else {}}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb, "_BACKOFF_SECONDS", 0)


def use(fake: FakeDynamoDb, monkeypatch: pytest.MonkeyPatch) -> FakeDynamoDb:
    monkeypatch.setattr(aws, "dynamodb", lambda: fake)
    return fake


def two_writes(writes: TableTransaction) -> str:
    writes.put({"pk": {"S": "PERIOD"}}, NEW, otherwise=Taken())
    writes.put({"pk": {"S": "REQUEST"}}, NEW)
    return "done"


def test_a_refusal_beside_a_conflict_may_be_the_works_own_doing_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(FakeDynamoDb(("ConditionalCheckFailed", "TransactionConflict")), monkeypatch)

    assert transaction("table", two_writes) == "done"


def test_a_refusal_alone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    use(FakeDynamoDb(("ConditionalCheckFailed", "None")), monkeypatch)

    with pytest.raises(Taken):
        transaction("table", two_writes)


def test_a_transaction_that_is_throttled_is_no_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = use(FakeDynamoDb(("ThrottlingError", "None"), ("None", "None")), monkeypatch)

    with pytest.raises(Unavailable):
        transaction("table", two_writes)
    assert len(fake.cancels) == 1


def items(*keys: str) -> list[Any]:
    return [{"pk": {"S": key}} for key in keys]


def test_what_a_busy_table_has_not_written_is_written_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = use(FakeDynamoDb(takes=1), monkeypatch)

    dynamodb.write("table", items("a", "b", "c"))

    assert (fake.written, fake.calls) == (["a", "b", "c"], 3)


def test_a_table_that_stays_busy_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    use(FakeDynamoDb(takes=0), monkeypatch)

    with pytest.raises(Unavailable, match="not every item"):
        dynamodb.write("table", items("a"))


def test_of_two_items_of_one_key_the_last_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = use(FakeDynamoDb(), monkeypatch)

    dynamodb.write("table", items("a", "b", "a"))

    assert fake.written == ["a", "b"]
