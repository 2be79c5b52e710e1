"""Alarms watch what there is, and reach who is to hear of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from payment_requests.model import Change
from payment_requests.progress import tell
from tests.builders import NOW, request
from tests.templates.channels import rules, schedules
from tests.templates.cloudformation import Stack, arn_of, target, text
from tests.templates.gateways import public_api
from tests.templates.test_functions import functions, variables

TOPIC = "arn:aws:sns:us-east-1:000000000000:alarms"
PAYMENTS = "PaymentsApiFunction"
# Who calls one of these sees by the answer that it was turned away.
BY_HAND = {"AuditTrailFunction", "MigrationsFunction", "PortfolioImportFunction"}
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
MOST_METRICS = 10


def metrics(stack: Stack) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of each metric that an alarm watches."""
    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        watched = [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m]
        for metric in watched or [alarm]:
            dimensions = {d["Name"]: text(d["Value"]) for d in metric.get("Dimensions", [])}
            yield text(metric["Namespace"]), metric["MetricName"], dimensions


def test_alarms_reach_the_topic_that_is_given(stack: Stack) -> None:
    alarms = stack.given(AlarmTopicArn=TOPIC).of_type("AWS::CloudWatch::Alarm")

    assert alarms
    assert all(alarm["AlarmActions"] == [TOPIC] for alarm in alarms.values())


def test_without_data_there_is_no_alarm(stack: Stack) -> None:
    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["TreatMissingData"] == "notBreaching"


def test_alarms_name_resources_of_the_stack(stack: Stack) -> None:
    names: dict[str, set[Any]] = {
        "QueueName": {f"${{{name}.QueueName}}" for name in stack.of_type("AWS::SQS::Queue")},
        "FunctionName": {f"${{{name}}}" for name in stack.of_type("AWS::Lambda::Function")},
        "ApiName": {
            text(api["Name"]) for api in stack.of_type("AWS::ApiGateway::RestApi").values()
        },
        "TopicName": {f"${{{name}.TopicName}}" for name in stack.of_type("AWS::SNS::Topic")},
        "EventBusName": {f"${{{name}}}" for name in stack.of_type("AWS::Events::EventBus")},
        "RuleName": {text(rule["Name"]) for rule in rules(stack).values()},
        "service": {owner(stack)},
    }
    for _, _, dimensions in metrics(stack):
        for name, value in dimensions.items():
            assert value in names[name]


def test_failures_that_no_client_waits_for_are_heard_of(stack: Stack) -> None:
    scheduled = {
        arn_of(invoked["Arn"])
        for schedule in schedules(stack).values()
        for invoked in schedule["Targets"]
    }
    assert scheduled

    for function in scheduled:
        assert ("AWS/Lambda", "Errors", {"FunctionName": f"${{{function}}}"}) in metrics(stack)


def test_failures_that_clients_see_are_heard_of(stack: Stack) -> None:
    api = stack.of_type("AWS::ApiGateway::RestApi")[public_api(stack)]

    assert ("AWS/ApiGateway", "5XXError", {"ApiName": text(api["Name"])}) in metrics(stack)


def test_clients_who_wait_for_long_are_heard_of(stack: Stack) -> None:
    api = stack.of_type("AWS::ApiGateway::RestApi")[public_api(stack)]

    assert ("AWS/ApiGateway", "Latency", {"ApiName": text(api["Name"])}) in metrics(stack)


def owner(stack: Stack) -> str:
    """The service that owns the requests, and so counts their steps."""
    api = "CustomerApiFunction" if "CustomerApiFunction" in functions(stack) else PAYMENTS
    return text(variables(functions(stack)[api])["POWERTOOLS_SERVICE_NAME"])


def test_steps_that_fail_are_heard_of_as_the_code_counts_them(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "${AWS::StackName}")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", owner(stack))
    accepted = request()
    tell(Change(accepted, accepted.overdue(NOW)))
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    counted = [
        (metric["Namespace"], each["Name"], {name: line[name] for name in dimensions})
        for line in lines
        for metric in line["_aws"]["CloudWatchMetrics"]
        for dimensions in metric["Dimensions"]
        for each in metric["Metrics"]
    ]

    (watched,) = (metric for metric in metrics(stack) if metric[1] == "StepsFailed")
    assert watched in counted


def summed(stack: Stack, alarm: str) -> set[str]:
    """The functions whose metrics an alarm adds up."""
    found = stack.of_type("AWS::CloudWatch::Alarm")[alarm]["Metrics"]
    (total,) = (metric for metric in found if metric.get("ReturnData", True))
    # Metrics without data for a minute count too: without FILL the sum would have no data either.
    assert total["Expression"] == "SUM(FILL(METRICS(), 0))"
    assert len(found) - 1 <= MOST_METRICS
    stats = [metric["MetricStat"]["Metric"] for metric in found if metric is not total]
    return {target(dimension["Value"]) for stat in stats for dimension in stat["Dimensions"]}


def test_throttling_of_every_function_that_nobody_calls_by_hand_is_heard_of(stack: Stack) -> None:
    assert summed(stack, "ThrottlesAlarm") == functions(stack).keys() - BY_HAND


def test_consumers_that_fail_as_a_whole_are_heard_of(stack: Stack) -> None:
    """What they report of single messages is no error to Lambda."""
    consumers = {
        target(mapping["FunctionName"])
        for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values()
    }

    alarms = stack.of_type("AWS::CloudWatch::Alarm").keys() & {"ConsumerErrorsAlarm"}
    assert {name for alarm in alarms for name in summed(stack, alarm)} == consumers
