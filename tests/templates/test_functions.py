"""Every function can run: its code, environment and rights are there, and no further rights."""

import importlib
import inspect
import re
from collections.abc import Iterator
from itertools import chain
from types import ModuleType
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from runtime.database import DatabaseSettings
from runtime.settings import Settings
from tests.templates.cloudformation import Stack, arn_of, target

# Set for all functions by the template's Globals; a function without AWS or database ignores them.
PLATFORM = {"AWS_ENDPOINT_URL", "POWERTOOLS_SERVICE_NAME"}
# Lambda sets it.
RESERVED = {"AWS_REGION"}


def functions(stack: Stack) -> dict[str, dict[str, Any]]:
    return stack.of_type("AWS::Lambda::Function")


def module(function: dict[str, Any]) -> ModuleType:
    return importlib.import_module(function["Handler"].rpartition(".")[0])


def settings(function: dict[str, Any]) -> type[Settings] | None:
    """The settings that the handler's module reads."""
    members = inspect.getmembers(module(function), inspect.isclass)
    found = [
        c for _, c in members if issubclass(c, Settings) and c not in (Settings, DatabaseSettings)
    ]
    # A module that defines a subclass imports the base too.
    return min(found, key=lambda c: sum(issubclass(o, c) for o in found), default=None)


def variables(function: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = function["Environment"]["Variables"]
    return found


def required(function: dict[str, Any]) -> set[str]:
    read = settings(function)
    if read is None:
        return set(re.findall(r'os\.environ\["([A-Z_]+)"\]', inspect.getsource(module(function))))
    return {
        name.upper()
        for name, field in read.model_fields.items()
        if field.default is PydanticUndefined
    }


def optional(function: dict[str, Any]) -> set[str]:
    read = settings(function)
    known = set(read.model_fields) if read else set()
    return {name.upper() for name in (known | set(DatabaseSettings.model_fields))}


def test_every_handler_is_a_function_in_src(stack: Stack) -> None:
    assert functions(stack)
    for function in functions(stack).values():
        name = function["Handler"].rpartition(".")[2]
        assert callable(getattr(module(function), name))


def test_every_variable_that_a_function_needs_is_set(stack: Stack) -> None:
    for name, function in functions(stack).items():
        assert required(function) <= variables(function).keys() | RESERVED, name


def test_no_variable_is_set_that_nobody_reads(stack: Stack) -> None:
    for name, function in functions(stack).items():
        known = required(function) | optional(function) | PLATFORM
        assert variables(function).keys() <= known, name


def test_variables_of_numbers_hold_numbers(stack: Stack) -> None:
    for function in functions(stack).values():
        read = settings(function)
        for field, info in (read.model_fields if read else {}).items():
            if info.annotation in (int, float):
                float(variables(function)[field.upper()])


def test_who_may_connect_to_the_database_knows_where_it_is_and_nobody_else(
    stack: Stack, local_stack: Stack
) -> None:
    for name, function in functions(stack).items():
        actions = {action for action, _ in allowed(stack, target(function["Role"]))}
        connects = bool(actions & {"dsql:DbConnect", "dsql:DbConnectAdmin"})
        assert connects == ("DSQL_ENDPOINT" in variables(function)), name
        assert not connects or target(variables(function)["DSQL_ENDPOINT"]) == "Database"
        local = variables(functions(local_stack)[name])
        assert connects == local.get("DATABASE_URL", "").startswith("postgresql://"), name


def test_every_function_has_a_role_of_its_own(stack: Stack) -> None:
    roles = [target(function["Role"]) for function in functions(stack).values()]

    assert len(set(roles)) == len(roles)
    assert stack.of_type("AWS::IAM::Role").keys() == set(roles)


def test_every_function_logs_to_a_group_with_an_end(stack: Stack) -> None:
    groups = stack.of_type("AWS::Logs::LogGroup")
    used = [target(f["LoggingConfig"]["LogGroup"]) for f in functions(stack).values()]

    assert len(set(used)) == len(used)
    assert set(used) <= groups.keys()
    assert all(int(group["RetentionInDays"]) > 0 for group in groups.values())


def test_every_function_is_traced_and_has_a_time_out(stack: Stack) -> None:
    for function in functions(stack).values():
        assert function["TracingConfig"] == {"Mode": "Active"}
        is_migration = function["Handler"].startswith("migrations.")
        assert 1 <= function["Timeout"] <= (900 if is_migration else 60)
        assert function["Runtime"] == "python3.13"


def test_functions_and_layers_are_of_one_architecture(translated: dict[str, Any]) -> None:
    for architecture in ("arm64", "x86_64"):
        stack = Stack(translated, {"Architecture": architecture})
        layers = stack.of_type("AWS::Lambda::LayerVersion").values()
        assert [f["Architectures"] for f in functions(stack).values()] == [
            [architecture] for _ in functions(stack)
        ]
        assert all(layer["CompatibleArchitectures"] == [architecture] for layer in layers)


def statements(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in stack.of_type("AWS::IAM::Role").items():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_no_role_has_a_managed_policy(stack: Stack) -> None:
    for role in stack.of_type("AWS::IAM::Role").values():
        assert not role.get("ManagedPolicyArns")


def test_no_action_has_a_wildcard(stack: Stack) -> None:
    for role, statement in statements(stack):
        assert statement["Effect"] == "Allow"
        assert not [a for a in as_list(statement["Action"]) if "*" in a], role


def test_no_resource_has_a_wildcard_but_x_rays_which_has_no_resources(stack: Stack) -> None:
    for role, statement in statements(stack):
        if "*" in str(statement["Resource"]):
            assert statement["Action"] == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], (
                role
            )


def test_roles_are_assumed_by_lambda_only(stack: Stack) -> None:
    for role in stack.of_type("AWS::IAM::Role").values():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def allowed(stack: Stack, role: str) -> set[tuple[str, str]]:
    """Action and resource of each right, without those to log and to trace."""
    return {
        (action, arn_of(resource))
        for name, statement in statements(stack)
        if name == role and "xray" not in str(statement) and "logs:" not in str(statement)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def test_every_function_may_log_to_its_own_group_and_trace(stack: Stack) -> None:
    for name, function in functions(stack).items():
        role = target(function["Role"])
        own = [statement for owner, statement in statements(stack) if owner == role]
        (logs,) = [statement for statement in own if "logs:" in str(statement["Action"])]
        assert logs["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"], name
        assert arn_of(logs["Resource"]) == target(function["LoggingConfig"]["LogGroup"]), name
        assert [s for s in own if "xray:PutTraceSegments" in s["Action"]], name


RECEIVE = {"ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility"}


RIGHTS: dict[str, set[tuple[str, str]]] = {
    "Authorizer": set(),
    "CustomerApi": {("dsql:DbConnect", "Database"), ("sqs:SendMessage", "SalesQueue")},
    "PortfolioImport": {("dsql:DbConnect", "Database")},
    "OutcomesConsumer": {
        ("dsql:DbConnect", "Database"),
        *((f"sqs:{action}", "OutcomesQueue") for action in RECEIVE),
    },
    "OutboxRelay": {("dsql:DbConnect", "Database"), ("sqs:SendMessage", "SalesQueue")},
    "OverdueSweep": {("dsql:DbConnect", "Database")},
    "Migrations": {("dsql:DbConnectAdmin", "Database")},
    "SalesConsumer": {
        *((f"sqs:{action}", "SalesQueue") for action in RECEIVE),
        ("sqs:SendMessage", "OutcomesQueue"),
        ("dynamodb:GetItem", "LeadsTable"),
        ("dynamodb:PutItem", "LeadsTable"),
    },
}


@pytest.mark.parametrize("function", RIGHTS)
def test_a_function_of_decouple_may_do_what_it_does_and_nothing_more(
    decouple_stack: Stack, function: str
) -> None:
    assert allowed(decouple_stack, f"{function}Role") == RIGHTS[function]


def test_no_function_of_decouple_is_left_out_here(decouple_stack: Stack) -> None:
    assert functions(decouple_stack).keys() == {f"{function}Function" for function in RIGHTS}


def test_lambda_is_invoked_by_a_source_in_this_stack_only(stack: Stack) -> None:
    permissions = stack.of_type("AWS::Lambda::Permission").values()
    assert permissions
    for permission in permissions:
        assert permission["Action"] == "lambda:InvokeFunction"
        assert any(name in str(permission["SourceArn"]) for name in chain(stack.resources, ["Api"]))


@pytest.mark.parametrize(
    "layer",
    [
        "ServicesLayer",
        "AuthorizerLayer",
    ],
)
def test_each_layer_is_for_its_functions_only(decouple_stack: Stack, layer: str) -> None:
    """SAM joins a function's layers with those of Globals; it does not replace them."""
    of_authorizer = {"AuthorizerFunction"}
    others = functions(decouple_stack).keys() - of_authorizer

    assert {
        name
        for name, function in functions(decouple_stack).items()
        if any(target(used).startswith(layer) for used in function["Layers"])
    } == (of_authorizer if layer == "AuthorizerLayer" else others)
