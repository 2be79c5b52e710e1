"""Publish/subscribe: what nobody hears is noticed."""

import inspect
from typing import Any

import pytest

from local.variants import VARIANTS
from runtime import publishers
from tests.templates.channels import bus, rules, subscriptions
from tests.templates.cloudformation import Stack, arn_of, target, text
from tests.templates.conftest import EVENTBRIDGE, OWN_BUS, deployed, made
from tests.templates.test_functions import functions, variables

BUSES = [*(VARIANTS[name] for name in EVENTBRIDGE), OWN_BUS]
each_bus = pytest.mark.parametrize("variant", BUSES, ids=lambda v: v.name, indirect=True)


def alarm(stack: Stack, name: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """What is compared with the threshold, and the metrics it is made of."""
    found = stack.of_type("AWS::CloudWatch::Alarm")[name]
    (heard,) = (metric for metric in found["Metrics"] if metric.get("ReturnData", True))
    metrics = {m["Id"]: m["MetricStat"]["Metric"] for m in found["Metrics"] if m is not heard}
    assert (found["ComparisonOperator"], found["Threshold"]) == ("LessThanThreshold", 90)
    # One that is on its way at the end of a period counts as heard in the next.
    assert (found["DatapointsToAlarm"], found["EvaluationPeriods"]) == (2, 3)
    return text(heard["Expression"]), metrics


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("PaymentsUndeliveredAlarm", "PaymentsTopic"),
        ("ReportsUndeliveredAlarm", "OutcomesTopic"),
    ],
)
def test_a_topic_that_reaches_fewer_subscribers_than_it_has_is_noticed(
    name: str, topic: str
) -> None:
    stack = deployed("pubsub-sns")
    subscribed = [s for s in subscriptions(stack).values() if target(s["TopicArn"]) == topic]
    expression, metrics = alarm(stack, name)

    assert f"FILL(delivered, 0) / ({len(subscribed)} * published)" in expression
    assert metrics["published"]["MetricName"] == "NumberOfMessagesPublished"
    assert metrics["delivered"]["MetricName"] == "NumberOfNotificationsDelivered"
    for metric in metrics.values():
        assert metric["Namespace"] == "AWS/SNS"
        (dimension,) = metric["Dimensions"]
        assert (dimension["Name"], target(dimension["Value"])) == ("TopicName", topic)
        assert dimension["Value"]["Fn::GetAtt"][1] == "TopicName"


def matched(stack: Stack, metric: dict[str, Any]) -> str:
    """The rule whose matches the metric counts."""
    assert (metric["Namespace"], metric["MetricName"]) == ("AWS/Events", "MatchedEvents")
    dimensions = {d["Name"]: text(d["Value"]) for d in metric["Dimensions"]}
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    name = bus(stack)
    assert dimensions.get("EventBusName") == (None if name == "default" else f"${{{name}}}")
    (rule,) = (n for n, r in rules(stack).items() if text(r["Name"]) == dimensions["RuleName"])
    return rule


@each_bus
def test_a_rule_that_matches_less_than_is_published_is_noticed(stack: Stack) -> None:
    published = variables(functions(stack)["PaymentsApiFunction"])["PUBLISHED_EVENTS"].split(",")
    payments, metrics = alarm(stack, "PaymentsUnmatchedAlarm")
    counted = {id: matched(stack, m) for id, m in metrics.items() if id != "published"}
    reports, of_reports = alarm(stack, "ReportsUnmatchedAlarm")

    assert set(counted.values()) == {"CustomerRule", "SalesRule", "CommunicationRule"}
    # MIN passes over a metric without data; in a sum such a metric is 0.
    least = ", ".join(f"{id} + 0 * published" for id in counted)
    # Of a payment's events each of these rules hears one.
    assert f"{len(published)} * MIN([{least}]) / published" in payments
    assert matched(stack, of_reports["matched"]) == "StepReportedRule"
    assert "100 * FILL(matched, 0) / published" in reports


@each_bus
@pytest.mark.parametrize(
    ("name", "destination"),
    [
        ("PaymentsUnmatchedAlarm", "DESTINATION"),
        ("ReportsUnmatchedAlarm", "OUTCOMES_DESTINATION"),
    ],
)
def test_what_is_published_is_counted_in_the_logs_of_all_who_publish(
    stack: Stack, name: str, destination: str
) -> None:
    _, metrics = alarm(stack, name)
    counted = metrics["published"]
    line = {
        "MetricNamespace": counted["Namespace"],
        "MetricName": counted["MetricName"],
        "MetricValue": "$.count",
    }
    filters = stack.of_type("AWS::Logs::MetricFilter").values()
    counting = [each for each in filters if each["MetricTransformations"] == [line]]

    assert {target(each["LogGroupName"]) for each in counting} == {
        target(function["LoggingConfig"]["LogGroup"])
        for function in functions(stack).values()
        if destination in variables(function)
    }
    assert {each["FilterPattern"] for each in counting} == {'{ $.message = "events published" }'}


def test_the_publisher_writes_the_line_that_is_counted() -> None:
    assert 'logger.info("events published", extra={"count": ' in inspect.getsource(publishers)


def test_an_event_that_no_rule_of_the_own_bus_matches_is_noticed() -> None:
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-logs-schema.html
    stack = made(OWN_BUS)
    (own,) = stack.of_type("AWS::Events::EventBus").values()
    (source,) = stack.of_type("AWS::Logs::DeliverySource").values()
    (destination,) = stack.of_type("AWS::Logs::DeliveryDestination").values()
    (delivery,) = stack.of_type("AWS::Logs::Delivery").values()
    counting = stack.of_type("AWS::Logs::MetricFilter")["EventsUnmatched"]
    (counted,) = counting["MetricTransformations"]
    noticed = stack.of_type("AWS::CloudWatch::Alarm")["EventsUnmatchedAlarm"]

    # No event is in the log: it may have a name and an address in it.
    assert own["LogConfig"] == {"Level": "INFO", "IncludeDetail": "NONE"}
    assert (arn_of(source["ResourceArn"]), source["LogType"]) == ("PaymentsBus", "INFO_LOGS")
    assert text(destination["DestinationResourceArn"]).endswith(":log-group:${BusLogs}")
    assert target(delivery["DeliverySourceName"]) == "BusLogSource"
    assert target(delivery["DeliveryDestinationArn"]) == "BusLogDestination"
    assert target(counting["LogGroupName"]) == "BusLogs"
    assert counting["FilterPattern"] == '{ $.message_type = "NO_STANDARD_RULES_MATCHED" }'
    assert (noticed["Namespace"], noticed["MetricName"]) == (
        counted["MetricNamespace"],
        counted["MetricName"],
    )
    assert (noticed["ComparisonOperator"], noticed["Threshold"]) == ("GreaterThanThreshold", 0)
