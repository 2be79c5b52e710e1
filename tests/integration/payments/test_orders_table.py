"""Orders in DynamoDB: nothing that two do at the same time is lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.api import StepStatus
from local.cloud import Cloud
from payment_requests.model import request_id
from payments.model import Order
from payments.orders import OrdersTable
from runtime import aws
from runtime.errors import Unavailable
from tests.builders import NOW, outcome, submission
from tests.integration.conftest import dynamodb_table

RELAY_AGE = timedelta(seconds=30)


@pytest.fixture(scope="module")
def table(cloud: Cloud) -> Iterator[str]:
    with dynamodb_table(cloud, "OrdersTable") as name:
        yield name


@pytest.fixture
def orders(aws_clients: Cloud, table: str) -> OrdersTable:
    return OrdersTable(table, 90)


def order(now: datetime = NOW) -> Order:
    key = str(uuid4())
    return Order.accept(request_id("C-1", key), "C-1", submission(), now, RELAY_AGE)


def test_an_order_is_found_as_it_was_added(orders: OrdersTable) -> None:
    added = order()

    assert orders.add(added) is None
    assert orders.find(added.id) == added
    assert orders.find(uuid4()) is None


def test_an_order_is_added_once_and_whoever_is_late_gets_the_first(orders: OrdersTable) -> None:
    mine = order()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: orders.add(mine), range(8)))

    assert answers.count(None) == 1
    assert answers.count(mine) == 7


def test_outcomes_that_are_noted_at_the_same_time_are_all_kept(orders: OrdersTable) -> None:
    mine = order()
    orders.add(mine)

    def note(service: str) -> None:
        orders.update(mine, lambda stored: stored.after([outcome(mine.id, service=service)]))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(note, ["customer", "sales", "communication"]))

    found = orders.find(mine.id)
    assert found is not None
    assert [step.status for step in found.request.steps] == [StepStatus.DONE] * 3


def test_an_order_is_withdrawn_only_as_it_was_added(orders: OrdersTable) -> None:
    untouched, touched = order(), order()
    for each in (untouched, touched):
        orders.add(each)
    orders.update(touched, lambda stored: stored.postponed(NOW, RELAY_AGE))

    assert orders.withdraw(untouched)
    assert not orders.withdraw(touched)

    assert orders.find(untouched.id) is None
    assert orders.find(touched.id) is not None


def test_an_update_stores_an_order_again_that_was_withdrawn(orders: OrdersTable) -> None:
    mine = order()
    orders.add(mine)
    orders.withdraw(mine)

    orders.update(mine, lambda stored: stored.recorded("home", NOW))

    found = orders.find(mine.id)
    assert found is not None
    assert found.product == "home"


def test_orders_are_due_from_their_time_on_the_longest_waiting_first(
    orders: OrdersTable,
) -> None:
    mine = [order(NOW + timedelta(seconds=seconds)) for seconds in range(40)]
    for each in reversed(mine):
        orders.add(each)

    due = ours(orders.due(NOW + timedelta(seconds=50, microseconds=1), 1000), mine)

    assert due == [each.id for each in mine[:21]]
    assert ours(orders.due(NOW, 1000), mine) == []


def ours(ids: list[UUID], orders: list[Order]) -> list[UUID]:
    mine = {order.id for order in orders}
    return [id for id in ids if id in mine]


def test_a_finished_order_is_no_longer_due_and_expires(
    orders: OrdersTable, table: str, cloud: Cloud
) -> None:
    mine = order()
    orders.add(mine)
    done = [outcome(mine.id, service=s) for s in ("customer", "sales", "communication")]

    orders.update(mine, lambda stored: stored.after(done))

    assert mine.id not in orders.due(NOW + timedelta(days=1), 1000)
    key: dict[str, Any] = {"pk": {"S": f"REQUEST#{mine.id}"}}
    item = cloud.client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    assert "openShard" not in item
    assert "ada@example.com" not in item["order"]["S"]
    assert datetime.fromtimestamp(int(item["expiresAt"]["N"]), UTC) > datetime.now(UTC)


def test_a_table_that_does_not_answer_is_unavailable(
    aws_clients: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")
    aws.dynamodb.cache_clear()
    orders = OrdersTable("orders", 90)

    with pytest.raises(Unavailable):
        orders.add(order())
    with pytest.raises(Unavailable):
        orders.find(uuid4())
