"""The comparison counts and simulates what the templates say."""

import re
from functools import cache

import pytest

from comparison.counts import Variant as Counted
from comparison.counts import load
from comparison.simulation.limits import (
    CONSUMERS,
    OUTCOMES_OF_DECOUPLE,
    PATIENCE_S,
    RESUME_EVERY_S,
    RESUME_FOR_S,
    STEP_DEADLINE_S,
    THROTTLE_OF_TEMPLATES,
    Limits,
)
from local.paths import ROOT
from local.variants import VARIANTS
from payments.service import RESERVE_SECONDS
from tests.templates.cloudformation import Stack, read, target
from tests.templates.conftest import ON_AWS

MINUTES_OF_A_MONTH = 730 * 60
LIMITS = (ROOT / "docs" / "limits.md").read_text()
each_variant = pytest.mark.parametrize("name", VARIANTS)
_read = cache(read)


def stack_of(name: str) -> Stack:
    variant = VARIANTS[name]
    return Stack(_read(variant.template), ON_AWS | dict(variant.parameters))


def counted(name: str) -> Counted:
    return load().variants[name]


def sources(name: str, kind: str) -> dict[str, dict[str, object]]:
    """The properties of each function's event sources of this kind, by function."""
    functions = stack_of(name).of_type("AWS::Serverless::Function")
    return {
        function: event["Properties"]
        for function, properties in functions.items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == kind
    }


@each_variant
def test_what_is_counted_is_in_the_template(name: str) -> None:
    stack, payment = stack_of(name), counted(name).payment

    assert set(payment.functions) <= set(stack.of_type("AWS::Serverless::Function"))
    assert set(payment.queues) <= set(stack.of_type("AWS::SQS::Queue"))
    assert set(payment.tables) == set(stack.of_type("AWS::DynamoDB::Table"))


@each_variant
def test_a_consumer_is_counted_with_the_queue_that_invokes_it(name: str) -> None:
    queues = {
        function: target(properties["Queue"])
        for function, properties in sources(name, "SQS").items()
    }
    functions = counted(name).payment.functions

    assert {function: each.queue for function, each in functions.items() if each.queue} == queues
    assert set(counted(name).idle.empty_receives) == set(queues.values())


@each_variant
def test_memory_is_the_templates(name: str) -> None:
    variant = counted(name)
    memory = stack_of(name).template["Globals"]["Function"]["MemorySize"]

    runs = [*variant.payment.functions.values(), *variant.idle.runs.values()]
    assert {each.memory_mb for each in runs} == {memory}


@each_variant
def test_schedules_run_as_often_as_the_template_says(name: str) -> None:
    per_month = {}
    for function, properties in sources(name, "Schedule").items():
        found = re.fullmatch(r"rate\((\d+) minutes?\)", str(properties["Schedule"]))
        assert found, properties
        per_month[function] = MINUTES_OF_A_MONTH / int(found[1])

    assert {f: run.per_month for f, run in counted(name).idle.runs.items()} == per_month


@each_variant
def test_alarms_and_dashboards_are_the_templates(name: str) -> None:
    stack = stack_of(name)
    metrics = [
        sum("MetricStat" in metric for metric in alarm["Metrics"]) if "Metrics" in alarm else 1
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
    ]

    assert counted(name).idle.alarm_metrics == sum(metrics)
    assert counted(name).idle.dashboards == len(stack.of_type("AWS::CloudFormation::Stack"))


@each_variant
def test_the_simulated_consumers_work_on_as_many_batches_at_once(name: str) -> None:
    for function, properties in sources(name, "SQS").items():
        scaling = properties["ScalingConfig"]
        assert isinstance(scaling, dict)
        service = function.removesuffix("ConsumerFunction")
        expected = OUTCOMES_OF_DECOUPLE if name == "decouple" else CONSUMERS[service]
        assert int(scaling["MaximumConcurrency"]) == expected, function


@pytest.mark.parametrize("name", [name for name in VARIANTS if not name.startswith("apigw")])
def test_a_report_that_is_late_in_the_simulation_is_late_for_the_sweep(name: str) -> None:
    assert stack_of(name).declared["StepDeadlineSeconds"]["Default"] == STEP_DEADLINE_S


def test_the_simulated_limits_are_the_templates() -> None:
    declared = stack_of("apigw-single").declared
    resume = stack_of("apigw-single").of_type("AWS::Serverless::Function")["ResumeFunction"]

    assert declared["ThrottlingRate"]["Default"] == THROTTLE_OF_TEMPLATES
    assert declared["SalesTimeoutSeconds"]["Default"] == PATIENCE_S
    assert declared["RelaySchedule"]["Default"] == "rate(1 minute)"
    assert RESUME_EVERY_S == 60
    assert resume["Timeout"] - RESERVE_SECONDS == RESUME_FOR_S


@pytest.mark.parametrize(
    ("row", "quota"),
    [
        ("API Gateway, an account's requests", Limits().gateway_rate),
        ("API Gateway, an account's requests", Limits().gateway_burst),
        ("Lambda, concurrent executions of an account", Limits().concurrency),
        ("SNS, messages published to standard topics", Limits().sns_messages),
        ("EventBridge, `PutEvents`", Limits().eventbridge_calls),
        ("EventBridge, invocations of targets", Limits().eventbridge_invocations),
        ("DynamoDB, a table on demand", Limits().dynamodb_writes),
    ],
)
def test_the_simulated_quotas_are_those_of_the_docs(row: str, quota: float) -> None:
    (value,) = re.findall(rf"^\| {re.escape(row)} \| ([^|]+) \|", LIMITS, re.MULTILINE)

    assert f"{quota:,.0f}" in value
