"""Stores are encrypted, can be restored, outlive their stack, and forget what has expired."""

import inspect
from typing import Any

from audit import entries
from communication import sent
from migrations.runner import schema_hash
from payment_requests import dynamodb as requests
from payments import orders
from sales import leads
from tests.templates.cloudformation import Stack, target

STORES = ("AWS::DynamoDB::Table", "AWS::DSQL::Cluster")


def test_tables_are_encrypted_and_can_be_restored_to_a_point_in_time(stack: Stack) -> None:
    tables = stack.of_type("AWS::DynamoDB::Table")

    assert tables
    for table in tables.values():
        assert table["SSESpecification"]["SSEEnabled"]
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]


def test_what_is_stored_outlives_the_stack(stack: Stack) -> None:
    stores = [r for r in stack.resources.values() if r["Type"] in STORES]

    assert stores
    for store in stores:
        assert store["DeletionPolicy"] == "RetainExceptOnCreate"
        assert store["UpdateReplacePolicy"] == "Retain"


def test_the_database_is_protected_unless_it_is_to_go(stack: Stack) -> None:
    def is_protected(stack: Stack) -> Any:
        (cluster,) = stack.of_type("AWS::DSQL::Cluster").values()
        return cluster["DeletionProtectionEnabled"]

    assert is_protected(stack) is True
    assert is_protected(stack.given(KeepDatabase="false")) is False


def test_items_expire_by_the_attribute_that_the_code_writes(stack: Stack) -> None:
    adapters = {
        "LeadsTable": leads,
        "OrdersTable": orders,
        "ConfirmationsTable": sent,
        "RequestsTable": requests,
    }
    for name, table in stack.of_type("AWS::DynamoDB::Table").items():
        if name == "AuditTable":  # which forgets nothing
            assert "TimeToLiveSpecification" not in table
            assert "expires" not in inspect.getsource(entries)
            continue
        attribute = table["TimeToLiveSpecification"]["AttributeName"]
        assert table["TimeToLiveSpecification"]["Enabled"]
        assert f'"{attribute}"' in inspect.getsource(adapters[name])


def test_the_index_of_open_orders_is_that_of_the_code(apigw_stack: Stack) -> None:
    (index,) = apigw_stack.of_type("AWS::DynamoDB::Table")["OrdersTable"]["GlobalSecondaryIndexes"]

    assert index["IndexName"] == orders.OPEN_INDEX
    for key in index["KeySchema"]:
        assert f'item["{key["AttributeName"]}"]' in inspect.getsource(orders)


def test_the_indexes_of_requests_are_those_of_the_code(pubsub_stack: Stack) -> None:
    table = pubsub_stack.of_type("AWS::DynamoDB::Table")["RequestsTable"]
    indexes = {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]}

    assert indexes.keys() == {requests.OPEN_INDEX, requests.OUTBOX_INDEX}
    for index in indexes.values():
        for key in index["KeySchema"]:
            assert f'"{key["AttributeName"]}"' in inspect.getsource(requests)
    # Who sweeps reads the request afresh; who relays needs no more than the index.
    assert indexes[requests.OPEN_INDEX]["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert indexes[requests.OUTBOX_INDEX]["Projection"] == {"ProjectionType": "ALL"}


def test_the_database_schema_is_that_of_the_migrations(stack: Stack) -> None:
    """The deployment applies migrations only where this hash changes: copy it from this test."""
    (schema,) = stack.of_type("Custom::DatabaseSchema").values()

    assert schema["SchemaHash"] == schema_hash()


def functions_of_the_database(stack: Stack) -> dict[str, dict[str, Any]]:
    """Those that may connect as the application."""
    roles = {
        name
        for name, role in stack.of_type("AWS::IAM::Role").items()
        if "'dsql:DbConnect'" in str(role)
    }
    functions = stack.resources.items()
    return {
        name: function
        for name, function in functions
        if function["Type"] == "AWS::Lambda::Function"
        and target(function["Properties"]["Role"]) in roles
    }


def test_functions_of_the_database_come_after_its_schema(stack: Stack) -> None:
    functions = functions_of_the_database(stack)

    assert functions
    for name, function in functions.items():
        depends = function["DependsOn"]
        assert "Schema" in (depends if isinstance(depends, list) else [depends]), name


def test_the_schema_grants_the_application_role_to_exactly_these_functions(stack: Stack) -> None:
    (schema,) = stack.of_type("Custom::DatabaseSchema").values()

    assert {target(arn) for arn in schema["ApplicationRoleArns"]} == {
        target(function["Properties"]["Role"])
        for function in functions_of_the_database(stack).values()
    }


def test_a_deployment_waits_for_a_migration_and_not_for_long_after_it(stack: Stack) -> None:
    (schema,) = stack.of_type("Custom::DatabaseSchema").values()
    migrations = stack.of_type("AWS::Lambda::Function")[target(schema["ServiceToken"])]

    # Aurora DSQL builds an index in 5 to 24 s, and longer on filled tables.
    assert 300 <= migrations["Timeout"] < int(schema["ServiceTimeout"]) <= 900
