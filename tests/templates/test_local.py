"""The condition `Local` switches addresses and the database's home, and nothing else."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from tests.templates.cloudformation import Stack

ADDRESSES = {"AWS_ENDPOINT_URL", "DATABASE_URL", "DSQL_ENDPOINT"}
# The database's home, what LocalStack has nothing for, and the dashboard.
ON_AWS_ONLY = (
    "AWS::CloudFormation::Stack",
    "AWS::DSQL::",
    "AWS::EventSchemas::",
    "AWS::Logs::Delivery",
    "AWS::Logs::MetricFilter",
)


def differences(one: Any, other: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where two values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differences(one.get(key), other.get(key), (*path, key))
    elif one != other:
        yield path


def without_database_rights(resources: dict[str, Any]) -> dict[str, Any]:
    for resource in resources.values():
        for policy in resource.get("Properties", {}).get("Policies", []):
            document = policy["PolicyDocument"]
            document["Statement"] = [s for s in document["Statement"] if "dsql:" not in str(s)]
    return resources


def test_only_addresses_and_the_database_differ(stack: Stack, local_stack: Stack) -> None:
    on_aws, local = (
        without_database_rights(deepcopy(each.resources)) for each in (stack, local_stack)
    )

    left_out = {name: on_aws.pop(name)["Type"] for name in on_aws.keys() - local.keys()}
    assert left_out.pop("Database")
    left_out.pop("BusLogs", None)
    assert all(kind.startswith(ON_AWS_ONLY) for kind in left_out.values()), left_out
    assert local.keys() == on_aws.keys()
    for path in differences(on_aws, local):
        if path[:3] != ("DownstreamsParameter", "Properties", "Value"):
            assert path[-3:-1] == ("Environment", "Variables"), path
            assert path[-1] in ADDRESSES, path


def test_only_the_apis_addresses_differ_in_the_outputs(stack: Stack, local_stack: Stack) -> None:
    changed = {path[0] for path in differences(stack.outputs, local_stack.outputs)}

    assert changed == {name for name in stack.outputs if name.endswith("ApiUrl")}


def test_on_aws_no_function_is_given_an_address_of_the_local_cloud(stack: Stack) -> None:
    for function in stack.of_type("AWS::Lambda::Function").values():
        variables = function["Environment"]["Variables"]
        assert "AWS_ENDPOINT_URL" not in variables
        assert not variables.get("DATABASE_URL")


def test_locally_there_is_no_dsql(local_stack: Stack) -> None:
    assert "dsql" not in str(local_stack.resources).lower().replace("dsql_endpoint", "").replace(
        "dsql_role", ""
    )
