"""What IAM asks of a role before it lets a call through."""

from typing import Any

import pytest

from local.localstack_plugin.permissions import Permission, Place, asked

HERE = Place("123456789012", "eu-central-1")
TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:sales"
BUS = "arn:aws:events:eu-central-1:123456789012:event-bus/payments"


def needed(service: str, operation: str, **request: Any) -> list[Permission]:
    return list(asked(service, operation, request, HERE))


@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "DeleteItem", "Query"])
def test_an_operation_on_a_table_is_an_action_on_it(operation: str) -> None:
    (permission,) = needed("dynamodb", operation, TableName="orders")

    assert permission == Permission(f"dynamodb:{operation}", TABLE)


def test_a_query_of_an_index_is_an_action_on_the_index_alone() -> None:
    (permission,) = needed("dynamodb", "Query", TableName="orders", IndexName="open")

    assert permission == Permission("dynamodb:Query", f"{TABLE}/index/open")


def test_a_transaction_needs_what_each_of_its_parts_needs() -> None:
    table = {"TableName": "orders"}
    parts = [{kind: table} for kind in ("Put", "Update", "Delete", "ConditionCheck")]

    permissions = needed("dynamodb", "TransactWriteItems", TransactItems=parts)

    assert permissions == [
        Permission("dynamodb:PutItem", TABLE),
        Permission("dynamodb:UpdateItem", TABLE),
        Permission("dynamodb:DeleteItem", TABLE),
        Permission("dynamodb:ConditionCheckItem", TABLE),
    ]


def test_a_batch_of_writes_is_an_action_of_its_own() -> None:
    (permission,) = needed("dynamodb", "BatchWriteItem", RequestItems={"orders": []})

    assert permission == Permission("dynamodb:BatchWriteItem", TABLE)


@pytest.mark.parametrize("operation", ["SendMessage", "ChangeMessageVisibility"])
def test_a_batch_for_a_queue_is_the_action_of_its_entries(operation: str) -> None:
    url = "http://127.0.0.1:4566/queue/eu-central-1/123456789012/sales"
    one, batch = (needed("sqs", f"{operation}{end}", QueueUrl=url) for end in ("", "Batch"))

    assert one == batch == [Permission(f"sqs:{operation}", QUEUE)]


@pytest.mark.parametrize("operation", ["Publish", "PublishBatch"])
def test_to_publish_is_an_action_on_the_topic(operation: str) -> None:
    (permission,) = needed("sns", operation, TopicArn="arn:aws:sns:eu-central-1:123456789012:paid")

    assert permission == Permission("sns:Publish", "arn:aws:sns:eu-central-1:123456789012:paid")


@pytest.mark.parametrize("name", ["payments", BUS])
def test_an_event_is_put_on_a_bus_under_a_source(name: str) -> None:
    (permission,) = needed(
        "events", "PutEvents", Entries=[{"EventBusName": name, "Source": "shop.sales"}]
    )

    assert permission == Permission("events:PutEvents", BUS, (("events:source", "shop.sales"),))


def test_an_event_without_a_bus_is_put_on_the_default_bus() -> None:
    (permission,) = needed("events", "PutEvents", Entries=[{"Source": "shop.sales"}])

    assert permission.resource.endswith(":event-bus/default")


def test_a_mail_is_sent_by_an_identity_from_an_address() -> None:
    (permission,) = needed("ses", "SendEmail", Source="premiums@insurance.example")

    assert permission == Permission(
        "ses:SendEmail",
        "arn:aws:ses:eu-central-1:123456789012:identity/premiums@insurance.example",
        (("ses:FromAddress", "premiums@insurance.example"),),
    )


@pytest.mark.parametrize("name", ["/shop/downstreams", "shop/downstreams"])
def test_a_parameter_is_named_with_one_slash(name: str) -> None:
    (permission,) = needed("ssm", "GetParameter", Name=name)

    assert permission.resource == (
        "arn:aws:ssm:eu-central-1:123456789012:parameter/shop/downstreams"
    )


@pytest.mark.parametrize(
    ("service", "operation"),
    [("dynamodb", "ListTables"), ("s3", "ListBuckets"), ("sqs", "ListQueues")],
)
def test_what_is_not_known_here_asks_for_everything(service: str, operation: str) -> None:
    assert needed(service, operation) == [Permission(f"{service}:{operation}", "*")]
