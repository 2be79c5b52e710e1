"""The house rules hold for our templates, and each finds what it is for."""

import copy
import subprocess
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from house_rules import rules
from local import lint_templates
from local.paths import ROOT
from tests.templates.cloudformation import parse, translate

RULES = [
    rule()
    for rule in vars(rules).values()
    if isinstance(rule, type) and issubclass(rule, rules._HouseRule) and hasattr(rule, "type")
]

type Template = dict[str, Any]
type Change = Callable[[Template], None]


@pytest.fixture(scope="module")
def decouple() -> Template:
    return parse(translate(ROOT / "template-decouple.yaml"))


@pytest.fixture(scope="module")
def pubsub() -> Template:
    return parse(translate(ROOT / "template-pubsub.yaml"))


def found(template: Template) -> dict[str, str]:
    """The faults by the ids of the rules that find them."""
    cfn = SimpleNamespace(template=template)
    return {rule.id: match.message for rule in RULES for match in rule.match(cfn)}


def properties(template: Template, name: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][name]["Properties"]
    return found


def statement(template: Template, role: str, number: int = -1) -> dict[str, Any]:
    policy = properties(template, role)["Policies"][0]["PolicyDocument"]
    found: dict[str, Any] = policy["Statement"][number]
    return found


@pytest.mark.parametrize("name", ["decouple", "pubsub", "apigw"])
def test_our_templates_keep_the_house_rules(name: str) -> None:
    assert found(parse(translate(ROOT / f"template-{name}.yaml"))) == {}


def without(name: str, *keys: str) -> Change:
    def change(template: Template) -> None:
        for key in keys:
            del properties(template, name)[key]

    return change


def with_(name: str, **values: Any) -> Change:
    return lambda template: properties(template, name).update(values)


def without_resource(name: str) -> Change:
    return lambda template: template["Resources"].pop(name)


def with_resource(kind: str) -> Change:
    return lambda template: template["Resources"].update(Another={"Type": kind})


def allowing(role: str, **values: Any) -> Change:
    return lambda template: statement(template, role).update(values)


def with_least(parameter: str, value: int) -> Change:
    return lambda template: template["Parameters"][parameter].update(MinValue=value)


@pytest.mark.parametrize(
    ("rule", "change"),
    ids=count(1),
    argvalues=[
        ("E9901", without("SalesConsumerFunction", "LoggingConfig")),
        ("E9901", without("SalesConsumerLogs", "RetentionInDays")),
        ("E9902", with_("SalesConsumerFunction", Role="arn:aws:iam::000000000000:role/admin")),
        ("E9902", with_("SalesConsumerFunction", Role={"Fn::GetAtt": ["OutboxRelayRole", "Arn"]})),
        ("E9903", with_("SalesConsumerRole", ManagedPolicyArns=["arn:aws:iam::aws:policy/Admin"])),
        ("E9903", allowing("SalesConsumerRole", Action="dynamodb:*")),
        ("E9903", allowing("SalesConsumerRole", Action=["dynamodb:GetItem"], Resource="*")),
        ("E9910", without("SalesQueue", "RedrivePolicy")),
        ("E9910", with_least("MaxReceiveCount", 1)),
        ("E9911", without_resource("SalesDeadLetterAlarm")),
        ("E9911", without_resource("SalesAgeAlarm")),
        ("E9912", without("SalesQueue", "SqsManagedSseEnabled")),
        ("E9913", without_resource("SalesQueuePolicy")),
        ("E9915", with_least("VisibilityTimeoutSeconds", 60)),
        ("E9920", without("LeadsTable", "SSESpecification")),
        ("E9920", without("LeadsTable", "PointInTimeRecoverySpecification")),
        ("E9921", with_resource("AWS::ApiGateway::Account")),
    ],
)
def test_a_rule_finds_what_it_is_for(decouple: Template, rule: str, change: Change) -> None:
    template = copy.deepcopy(decouple)
    change(template)

    assert rule in found(template)


def test_a_topic_takes_tls_only(pubsub: Template) -> None:
    template = copy.deepcopy(pubsub)
    for name, resource in pubsub["Resources"].items():
        if resource["Type"] == "AWS::SNS::TopicPolicy":
            del template["Resources"][name]

    assert set(found(template)) == {"E9914"}


def test_a_wildcard_is_found_on_every_branch_of_a_condition(decouple: Template) -> None:
    template = copy.deepcopy(decouple)
    policy = properties(template, "SalesConsumerRole")["Policies"][0]["PolicyDocument"]
    branch = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    policy["Statement"].append({"Fn::If": ["OnAws", {"Ref": "AWS::NoValue"}, branch]})

    assert set(found(template)) == {"E9903"}


BROKEN = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: sales.consumer.handler
      CodeUri: s3://bucket/key
      Role: !GetAtt Role.Arn
      Events:
        Messages:
          Type: SQS
          Properties:
            Queue: {queue}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: sts:AssumeRole}}
"""


@pytest.mark.parametrize("queue", ["!GetAtt MissingQueue.Arn", "!Ref MissingQueue"])
def test_a_reference_to_nothing_in_a_functions_event_is_found(
    tmp_path: Path, queue: str, capfd: pytest.CaptureFixture[str]
) -> None:
    template = tmp_path / "template-broken.yaml"
    template.write_text(BROKEN.format(queue=queue))

    assert lint_templates.lint([template]) > 0
    assert "MissingQueue" in capfd.readouterr().out


def test_cfn_lint_knows_the_house_rules() -> None:
    listed = subprocess.run(
        [lint_templates.CFN_LINT, "--append-rules", "house_rules", "--list-rules"],
        cwd=ROOT,
        env=lint_templates.ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert [rule.id for rule in RULES if rule.id not in listed] == []
