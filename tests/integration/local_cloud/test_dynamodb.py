"""DynamoDB transactions: all or nothing, one winner, at a cost that the table does not raise."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from local.paths import LOCALSTACK_PYTHON, ROOT

type Json = dict[str, Any]


class Table:
    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    def transact(self, *operations: Json, **options: Any) -> Json:
        items = [
            {kind: operation | {"TableName": self.name}}
            for kind, operation in (next(iter(each.items())) for each in operations)
        ]
        answer: Json = self.client.transact_write_items(TransactItems=items, **options)
        return answer

    def put(self, pk: str, **attributes: Any) -> None:
        self.client.put_item(TableName=self.name, Item=key(pk) | typed(attributes))

    def get(self, pk: str) -> Json | None:
        item = self.client.get_item(TableName=self.name, Key=key(pk)).get("Item")
        return item and {name: next(iter(value.values())) for name, value in item.items()}


def key(pk: str) -> Json:
    return {"pk": {"S": pk}, "sk": {"S": "-"}}


def typed(attributes: Json) -> Json:
    return {name: {"S": value} for name, value in attributes.items()}


def put_once(pk: str) -> Json:
    return {"Put": {"Item": key(pk), "ConditionExpression": "attribute_not_exists(pk)"}}


def add_one(pk: str) -> Json:
    return {
        "Update": {
            "Key": key(pk),
            "UpdateExpression": "ADD hits :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }


@pytest.fixture
def table(cloud: Cloud) -> Iterator[Table]:
    client, name = cloud.client("dynamodb"), f"test-{uuid4()}"
    names = ("pk", "sk")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in names],
        KeySchema=[
            {"AttributeName": each, "KeyType": kind}
            for each, kind in zip(names, ("HASH", "RANGE"), strict=True)
        ],
    )
    yield Table(client, name)
    client.delete_table(TableName=name)


def test_a_transaction_writes_all_its_items(table: Table) -> None:
    table.put("old", colour="red")
    table.put("gone")

    table.transact(
        put_once("new"),
        add_one("counter"),
        {
            "Update": {
                "Key": key("old"),
                "UpdateExpression": "SET colour = :blue",
                "ExpressionAttributeValues": {":blue": {"S": "blue"}},
            }
        },
        {"Delete": {"Key": key("gone")}},
    )

    assert table.get("new") == {"pk": "new", "sk": "-"}
    assert table.get("counter") == {"pk": "counter", "sk": "-", "hits": "1"}
    assert table.get("old") == {"pk": "old", "sk": "-", "colour": "blue"}
    assert table.get("gone") is None


def test_a_failed_condition_undoes_everything_and_is_named(table: Table) -> None:
    table.put("there", colour="red")
    table.put("kept", colour="red")
    check = {"Key": key("there"), "ConditionExpression": "attribute_not_exists(pk)"}

    with pytest.raises(ClientError) as cancelled:
        table.transact(
            put_once("new"),
            add_one("kept"),
            {"ConditionCheck": check | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}},
        )

    error = cancelled.value.response
    assert error["Error"]["Code"] == "TransactionCanceledException"
    reasons = error["CancellationReasons"]  # type: ignore[typeddict-item]
    assert [reason["Code"] for reason in reasons] == ["None", "None", "ConditionalCheckFailed"]
    assert reasons[2]["Item"]["colour"] == {"S": "red"}
    assert table.get("new") is None
    assert table.get("kept") == {"pk": "kept", "sk": "-", "colour": "red"}


def test_of_transactions_on_one_item_one_wins(table: Table) -> None:
    def attempt(number: int) -> bool:
        try:
            table.transact(put_once("prize"), put_once(f"entry-{number}"), add_one("winners"))
        except table.client.exceptions.TransactionCanceledException:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(attempt, range(20)))

    assert outcomes.count(True) == 1
    assert [table.get(f"entry-{number}") is not None for number in range(20)] == outcomes
    assert table.get("winners") == {"pk": "winners", "sk": "-", "hits": "1"}


def test_concurrent_transactions_lose_no_write(table: Table) -> None:
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda n: table.transact(put_once(str(n)), add_one("sum")), range(60)))

    assert table.get("sum") == {"pk": "sum", "sk": "-", "hits": "60"}


def test_a_transaction_repeated_with_its_token_has_no_second_effect(table: Table) -> None:
    token = str(uuid4())

    for _ in range(2):
        table.transact(add_one("counter"), ClientRequestToken=token)

    assert table.get("counter") == {"pk": "counter", "sk": "-", "hits": "1"}
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        table.transact(add_one("other"), ClientRequestToken=token)


def test_a_transaction_on_a_missing_table_says_so(table: Table) -> None:
    table.name = "missing"

    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        table.transact(put_once("new"))


def test_the_cost_of_a_transaction_does_not_grow_with_the_table() -> None:
    """Counted where it runs: the items copied by one transaction on 10 and on 1,000 items."""
    program = """
import json
from local.localstack_plugin.dynamodb import transact_write_items
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item

copies = 0

def counting_copy(self, memo):
    global copies
    copies += 1
    return Item(self.hash_key, self.range_key, self.to_json()["Attributes"])

Item.__deepcopy__ = counting_copy

def copies_of_one_transaction(size):
    global copies
    backend = DynamoDBBackend("us-east-1", "000000000000")
    backend.create_table(
        name="table", schema=[{"AttributeName": "pk", "KeyType": "HASH"}], throughput=None,
        attr=[{"AttributeName": "pk", "AttributeType": "S"}], global_indexes=None, indexes=None,
        streams=None, billing_mode="PAY_PER_REQUEST", sse_specification=None, tags=[],
        deletion_protection_enabled=False, warm_throughput=None,
    )
    for number in range(size):
        backend.put_item("table", {"pk": {"S": str(number)}})
    copies = 0
    puts = [{"Put": {"TableName": "table", "Item": {"pk": {"S": n}}}} for n in ("1", "2", "new")]
    transact_write_items(backend, puts)
    assert len(backend.tables["table"].items) == size + 1
    return copies

print(json.dumps([copies_of_one_transaction(10), copies_of_one_transaction(1000)]))
"""
    ran = subprocess.run(
        [LOCALSTACK_PYTHON, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    small, large = json.loads(ran.stdout.splitlines()[-1])

    assert small == large
    assert large <= 10
