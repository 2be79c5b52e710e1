"""The dashboard is a file of its own, the same for every stack, and shows what there is in each."""

import json
import re
from typing import Any

import pytest

from local.paths import ROOT
from tests.templates.cloudformation import Stack, read, target, text
from tests.templates.test_lint import findings

DASHBOARD = ROOT / "dashboard.yaml"
NAMES = {
    "StackName": "shown",
    "Apis": "api-1,api-2",
    "Functions": "function-1,function-2",
    "Queues": "queue-1,queue-2",
    "DeadLetterQueues": "dead-1,dead-2",
}
OURS = re.compile(r"""SEARCH\('\{"shown",[a-z,]+\} MetricName="(\w+)"', '\w+'\)""")
OF_NAMES = re.compile(
    r"""SEARCH\('\{[\w/]+,(\w+)Name\} MetricName="\w+" \("(\w+)-1" OR "(\w+)-2"\)', '\w+'\)"""
)
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
LONGEST_SEARCH = 1024
LONGEST_NAMES = {"Functions": 64, "Queues": 80, "DeadLetterQueues": 80}


@pytest.fixture(scope="module")
def body() -> dict[str, Any]:
    template = read(DASHBOARD)
    pattern, lists = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    values = {"AWS::Region": "us-east-1", "StackName": NAMES["StackName"]}
    for name, value in lists.items():
        separator, reference = value["Fn::Join"]
        values[name] = separator.join(NAMES[target(reference)].split(","))
    found: dict[str, Any] = json.loads(re.sub(r"\$\{([\w:]+)\}", lambda n: values[n[1]], pattern))
    return found


@pytest.fixture
def shown(stack: Stack) -> dict[str, Any]:
    """What a stack's dashboard is given."""
    (nested,) = stack.of_type("AWS::CloudFormation::Stack").values()
    assert ROOT / nested["TemplateURL"] == DASHBOARD
    parameters: dict[str, Any] = nested["Parameters"]
    return parameters


def names(shown: dict[str, Any], parameter: str) -> list[str]:
    match shown.get(parameter):
        case None:
            return []
        case {"Fn::Join": [",", list(items)]}:
            return [text(item) for item in items]
        case value:
            return text(value).split(",")


def expressions(body: dict[str, Any]) -> list[str]:
    widgets = [widget["properties"] for widget in body["widgets"]]
    return [line["expression"] for widget in widgets for (line,) in widget["metrics"]]


def test_cfn_lint_finds_nothing() -> None:
    assert findings(DASHBOARD.read_text()) == []


def test_no_widget_covers_another(body: dict[str, Any]) -> None:
    covered = [
        (x, y)
        for widget in body["widgets"]
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]

    assert len(covered) == len(set(covered))
    assert max(x for x, _ in covered) < 24


def test_every_metric_of_our_own_is_shown_and_no_other(body: dict[str, Any]) -> None:
    shown = {found[1] for each in expressions(body) if (found := OURS.fullmatch(each))}
    sources = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    emitted = set(re.findall(r'"((?:Payments|Steps|TimeTo)[A-Z]\w+)"', sources))

    assert shown == emitted


def test_a_search_is_for_exact_names_of_this_stack_alone(body: dict[str, Any]) -> None:
    found = set()
    for each in expressions(body):
        if not OURS.fullmatch(each):
            named = OF_NAMES.fullmatch(each)
            assert named, each
            assert named[2] == named[3]
            found.add((named[1], named[2]))

    assert found == {
        ("Api", "api"),
        ("Function", "function"),
        ("Queue", "queue"),
        ("Queue", "dead"),
    }


def test_everything_that_a_stack_has_is_shown(stack: Stack, shown: dict[str, Any]) -> None:
    queues = {f"${{{name}.QueueName}}" for name in stack.of_type("AWS::SQS::Queue")}
    dead = {name for name in queues if "DeadLetter" in name or "Undelivered" in name}
    apis = stack.of_type("AWS::ApiGateway::RestApi").values()

    assert text(shown["StackName"]) == "${AWS::StackName}"
    assert set(names(shown, "Apis")) == {text(api["Name"]) for api in apis}
    assert set(names(shown, "Functions")) == {
        f"${{{name}}}" for name in stack.of_type("AWS::Lambda::Function")
    }
    assert set(names(shown, "Queues")) == queues - dead
    assert set(names(shown, "DeadLetterQueues")) == dead


def test_no_search_is_longer_than_cloudwatch_takes(
    body: dict[str, Any], shown: dict[str, Any]
) -> None:
    longest = max(map(len, expressions(body)))
    for parameter, length in LONGEST_NAMES.items():
        around = len('"" OR ')
        assert longest + len(names(shown, parameter)) * (length + around) <= LONGEST_SEARCH


def test_locally_there_is_no_dashboard(local_stack: Stack) -> None:
    assert "Dashboard" not in local_stack.resources
