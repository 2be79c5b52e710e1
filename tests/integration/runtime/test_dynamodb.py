"""Transactions over one table: all writes or none, whoever else writes."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from local.cloud import Cloud
from runtime import aws, dynamodb
from runtime.dynamodb import NEW, TableTransaction, instant, shard, transaction
from runtime.errors import Unavailable
from tests.builders import NOW
from tests.integration.conftest import dynamodb_table


class Taken(Exception):
    """The item is there already."""


@pytest.fixture(scope="module")
def _table(cloud: Cloud) -> Iterator[str]:
    with dynamodb_table(cloud, "RequestsTable") as name:
        yield name


@pytest.fixture
def table(aws_clients: Cloud, _table: str) -> str:
    return _table


def add(key: str) -> Callable[[TableTransaction], None]:
    return lambda writes: writes.put({"pk": {"S": key}}, NEW)


def keys(table: str, *names: str) -> set[str]:
    """Those of the items that are there."""
    found = transaction(table, lambda t: [(name, t.get(name)) for name in names])
    return {name for name, item in found if item}


def test_all_writes_are_made_when_the_work_is_done(table: str) -> None:
    first, second = str(uuid4()), str(uuid4())

    def work(writes: TableTransaction) -> str:
        writes.put({"pk": {"S": first}}, NEW)
        writes.put({"pk": {"S": second}}, NEW)
        assert writes.get(first) is None
        return "result"

    assert transaction(table, work) == "result"
    assert keys(table, first, second) == {first, second}


@pytest.mark.parametrize("others", [0, 1], ids=["alone", "with another"])
def test_a_write_that_is_refused_is_none_at_all(table: str, others: int) -> None:
    taken, other = str(uuid4()), str(uuid4())
    transaction(table, add(taken))

    def work(writes: TableTransaction) -> None:
        for _ in range(others):
            writes.put({"pk": {"S": other}}, NEW)
        writes.put({"pk": {"S": taken}}, NEW, otherwise=Taken())

    with pytest.raises(Taken):
        transaction(table, work)
    assert keys(table, taken, other) == {taken}


def test_work_that_meets_a_conflict_runs_again_and_sees_what_the_other_did(table: str) -> None:
    key, seen = str(uuid4()), []

    def work(writes: TableTransaction) -> None:
        item = writes.get(key)
        seen.append(item is not None)
        if item is None:
            transaction(table, add(key))  # another is faster
            writes.put({"pk": {"S": key}}, NEW)

    transaction(table, work)

    assert seen == [False, True]


def test_work_whose_write_was_repeated_as_its_answer_got_lost_sees_that_it_is_done(
    table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, client = str(uuid4()), aws.dynamodb()
    put_item = client.put_item

    def repeated(**item: Any) -> Any:
        put_item(**item)
        return put_item(**item)

    monkeypatch.setattr(client, "put_item", repeated)
    found = []

    def work(writes: TableTransaction) -> None:
        found.append(writes.get(key))
        if not found[-1]:
            writes.put({"pk": {"S": key}}, NEW)

    transaction(table, work)

    assert found == [None, {"pk": {"S": key}}]


def test_work_that_keeps_meeting_a_conflict_is_given_up(table: str) -> None:
    key = str(uuid4())
    transaction(table, add(key))

    with pytest.raises(Unavailable, match="kept conflicting"):
        transaction(table, add(key))


def test_a_conflict_goes_before_a_refusal(table: str) -> None:
    """What is refused may have been done by the other, who did the same work."""
    same, taken = str(uuid4()), str(uuid4())
    attempts = []

    def work(writes: TableTransaction) -> None:
        attempts.append(1)
        if writes.get(same):
            return
        for key in (taken, same):
            transaction(table, add(key))
        writes.put({"pk": {"S": taken}}, NEW, otherwise=Taken())
        writes.put({"pk": {"S": same}}, NEW)

    transaction(table, work)

    assert len(attempts) == 2


def test_no_increment_is_lost(table: str) -> None:
    key = str(uuid4())
    transaction(table, lambda t: t.put({"pk": {"S": key}, "version": {"N": "0"}}, NEW))

    def increment(writes: TableTransaction) -> None:
        item = writes.get(key)
        assert item
        before = item["version"]
        after = {"N": str(int(before["N"]) + 1)}
        writes.put({"pk": {"S": key}, "version": after}, "version = :found", {":found": before})

    def retried(_: int) -> None:
        while True:
            try:
                return transaction(table, increment)
            except Unavailable:
                continue

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(retried, range(20)))

    item = transaction(table, lambda t: t.get(key))
    assert item
    assert item["version"] == {"N": "20"}


def test_the_oldest_of_all_shards_come_first(table: str) -> None:
    ages = {str(uuid4()): NOW - timedelta(seconds=n) for n in range(30)}
    items = [
        {
            "pk": {"S": key},
            "outboxShard": shard(n),
            "markedAt": instant(at),
        }
        for n, (key, at) in enumerate(ages.items())
    ]
    dynamodb.write(table, items)

    def found(limit: int) -> list[str]:
        before = NOW - timedelta(seconds=10)
        found = dynamodb.oldest(table, "outbox", "outboxShard", "markedAt", before, limit)
        return [item["pk"]["S"] for item in found]

    assert found(100) == list(reversed(list(ages)))[:19]
    assert found(5) == list(reversed(list(ages)))[:5]

    dynamodb.delete(table, list(ages))
    assert found(100) == []
