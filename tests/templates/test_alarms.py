"""Alarms watch what there is, and reach who is to hear of it."""

from collections.abc import Iterator
from typing import Any

from tests.templates.channels import rules, schedules
from tests.templates.cloudformation import Stack, arn_of, text
from tests.templates.gateways import public_api

TOPIC = "arn:aws:sns:us-east-1:000000000000:alarms"


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


def test_throttling_of_what_customers_wait_for_is_heard_of(apigw_stack: Stack) -> None:
    (alarm,) = (
        alarm
        for alarm in apigw_stack.of_type("AWS::CloudWatch::Alarm").values()
        if "Metrics" in alarm
    )
    (total,) = (metric for metric in alarm["Metrics"] if metric.get("ReturnData", True))
    throttled = {d["FunctionName"] for _, name, d in metrics(apigw_stack) if name == "Throttles"}

    assert throttled == {
        f"${{{name}}}"
        for name in apigw_stack.of_type("AWS::Lambda::Function")
        if name == "PaymentsApiFunction" or name.endswith("InternalApiFunction")
    }
    # Metrics without data for a minute count too: without FILL the sum would have no data either.
    assert total["Expression"] == "SUM(FILL(METRICS(), 0))"
