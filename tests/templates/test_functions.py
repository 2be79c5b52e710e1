"""Every function can run: its code and environment are there. Its rights: tests/permissions."""

import importlib
import inspect
import re
import sys
from types import ModuleType
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from payment_requests.dynamodb import TableSettings
from runtime.database import DatabaseSettings
from runtime.settings import Settings
from tests.templates.cloudformation import Stack, referred, target, text
from tests.templates.conftest import CASES, ON_AWS
from tests.templates.roles import as_list, grants, statements

# Set for all functions by the template's Globals; a function without AWS or database ignores them,
# and RELEASE is there to be another in each version.
PLATFORM = {
    "AWS_ENDPOINT_URL",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_SERVICE_NAME",
    "RELEASE",
}
# Read where the destination of what a function publishes is an event bus.
OF_A_BUS = {"EVENT_NAMESPACE"}
# Lambda sets it.
RESERVED = {"AWS_REGION"}


def functions(stack: Stack) -> dict[str, dict[str, Any]]:
    return stack.of_type("AWS::Lambda::Function")


def module(function: dict[str, Any]) -> ModuleType:
    return importlib.import_module(function["Handler"].rpartition(".")[0])


def settings(function: dict[str, Any]) -> list[type[Settings]]:
    """The settings that the handler's module reads, or a module of its service that it uses."""
    handler = module(function)
    service = handler.__name__.partition(".")[0]
    used = {getattr(member, "__module__", "") for _, member in inspect.getmembers(handler)}
    modules = [handler, *(sys.modules[m] for m in used if m.startswith(f"{service}."))]
    members = {c for m in modules for _, c in inspect.getmembers(m, inspect.isclass)}
    found = [
        c for c in members if issubclass(c, Settings) and c not in (Settings, DatabaseSettings)
    ]
    # A module that defines a subclass imports the base too.
    return [c for c in found if not any(issubclass(o, c) and o is not c for o in found)]


def variables(function: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = function["Environment"]["Variables"]
    return found


def required(function: dict[str, Any]) -> set[str]:
    read = settings(function)
    if not read:
        return set(re.findall(r'os\.environ\["([A-Z_]+)"\]', inspect.getsource(module(function))))
    return {
        name.upper()
        for each in read
        for name, field in each.model_fields.items()
        if field.default is PydanticUndefined
    }


def optional(function: dict[str, Any]) -> set[str]:
    known = {name for each in settings(function) for name in each.model_fields}
    stores = {*DatabaseSettings.model_fields, *TableSettings.model_fields}
    return {name.upper() for name in (known | stores)}


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
        publishes = any(name.endswith("DESTINATION") for name in variables(function))
        known = required(function) | optional(function) | PLATFORM
        assert variables(function).keys() <= known | (OF_A_BUS if publishes else set()), name


def test_variables_of_numbers_hold_numbers(stack: Stack) -> None:
    for function in functions(stack).values():
        for read in settings(function):
            for field, info in read.model_fields.items():
                if info.annotation in (int, float) and info.is_required():
                    float(variables(function)[field.upper()])


def test_who_may_connect_to_the_database_knows_where_it_is_and_nobody_else(
    stack: Stack, local_stack: Stack
) -> None:
    for name, function in functions(stack).items():
        actions = {grant.action for grant in grants(stack) if grant.function == name}
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


def test_functions_and_layers_are_of_one_architecture(stack: Stack) -> None:
    for architecture in ("arm64", "x86_64"):
        built = stack.given(Architecture=architecture)
        layers = built.of_type("AWS::Lambda::LayerVersion").values()
        assert [f["Architectures"] for f in functions(built).values()] == [
            [architecture] for _ in functions(stack)
        ]
        assert all(layer["CompatibleArchitectures"] == [architecture] for layer in layers)


def test_no_role_has_a_managed_policy(stack: Stack) -> None:
    for role in stack.of_type("AWS::IAM::Role").values():
        assert not role.get("ManagedPolicyArns")


def test_roles_are_assumed_by_lambda_only(stack: Stack) -> None:
    for role in stack.of_type("AWS::IAM::Role").values():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_a_service_puts_events_on_a_bus_under_its_own_name_only(pubsub_stack: Stack) -> None:
    sources = {
        target(function["Role"]): variables(function)["POWERTOOLS_SERVICE_NAME"]
        for function in functions(pubsub_stack).values()
        if "POWERTOOLS_SERVICE_NAME" in variables(function)
    }
    for role, statement in statements(pubsub_stack):
        if "events:PutEvents" in as_list(statement["Action"]):
            named = statement["Condition"]["StringEquals"]["events:source"]
            assert text(named) == f"${{AWS::StackName}}.{sources[role]}"


WITH_MAIL = [case for case in CASES if "ses:SendEmail" in case.template.read_text()]


@pytest.mark.parametrize("variant", WITH_MAIL, ids=lambda variant: variant.name, indirect=True)
def test_mail_is_sent_from_the_senders_address_only(stack: Stack) -> None:
    (send,) = (s for _, s in statements(stack) if s["Action"] == "ses:SendEmail")

    assert send["Condition"] == {"StringEquals": {"ses:FromAddress": ON_AWS["Sender"]}}


@pytest.mark.parametrize("variant", WITH_MAIL, ids=lambda variant: variant.name, indirect=True)
def test_a_confirmation_is_claimed_for_longer_than_any_function_runs_that_sends_it(
    stack: Stack,
) -> None:
    (sender,) = (role for role, s in statements(stack) if s["Action"] == "ses:SendEmail")
    times = [f["Timeout"] for f in functions(stack).values() if target(f["Role"]) == sender]

    assert times
    assert max(times) < int(stack.declared["ConfirmationLeaseSeconds"]["Default"])


def test_lambda_is_invoked_by_a_source_in_this_stack_only(stack: Stack) -> None:
    permissions = stack.of_type("AWS::Lambda::Permission").values()
    assert permissions
    for permission in permissions:
        assert permission["Action"] == "lambda:InvokeFunction"
        assert referred(permission["SourceArn"]) <= stack.resources.keys()


def test_each_layer_is_for_its_functions_only(stack: Stack) -> None:
    """SAM joins a function's layers with those of Globals; it does not replace them."""
    for name, function in functions(stack).items():
        (layer,) = function["Layers"]
        own = "AuthorizerLayer" if name == "AuthorizerFunction" else "ServicesLayer"
        assert target(layer).startswith(own), name
