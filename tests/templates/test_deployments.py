"""A new version gets calls little by little, and loses them again when an alarm goes off."""

from pathlib import Path

import pytest

from house_rules.reading import references
from local.build import for_local_cloud
from local.variants import VARIANTS
from tests.templates.channels import schedules
from tests.templates.cloudformation import Stack, parse, target, text, translate
from tests.templates.conftest import ON_AWS
from tests.templates.gateways import documents, routes
from tests.templates.roles import as_list
from tests.templates.test_lint import findings

TEMPLATES = sorted({variant.template for variant in VARIANTS.values()})
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambdaLimited.html
# without hooks and revisions in S3, which there are none of.
SHIFTING = {
    "lambda:GetAlias": "${{{function}.Arn}}",
    "lambda:UpdateAlias": "${{{function}.Arn}}",
    "lambda:GetProvisionedConcurrencyConfig": "${{{function}.Arn}}:live",
}
# What a resource is called, where CloudFormation does not name it.
NAMES = {
    "AWS::ApiGateway::RestApi": ["Name"],
    "AWS::CloudWatch::Alarm": ["AlarmName"],
    "AWS::DynamoDB::Table": ["TableName"],
    "AWS::Events::Archive": ["ArchiveName"],
    "AWS::Events::EventBus": ["Name"],
    "AWS::Events::Rule": ["Name"],
    "AWS::IAM::Role": ["RoleName"],
    "AWS::Lambda::Function": ["FunctionName"],
    "AWS::Logs::LogGroup": ["LogGroupName"],
    "AWS::SNS::Topic": ["TopicName"],
    "AWS::SQS::Queue": ["QueueName"],
    "AWS::SSM::Parameter": ["Name"],
}
# They stay on until somebody has emptied the queue.
OF_DEPTH = "ApproximateNumberOfMessagesVisible"


def aliases(stack: Stack) -> dict[str, str]:
    """The functions by the aliases that lead to them."""
    found = stack.of_type("AWS::Lambda::Alias")
    return {name: target(alias["FunctionName"]) for name, alias in found.items()}


def with_default(template: Path, folder: Path, parameter: str, value: str) -> Path:
    """A template with another default, by which SAM, who makes deployment groups, goes here."""
    before = f"  {parameter}:\n    Type: String\n    Default: "
    head, rest = template.read_text().split(before)
    edited = folder / template.name
    edited.write_text(f'{head}{before}"{value}"\n{rest.partition("\n")[2]}')
    return edited


@pytest.fixture(scope="module", params=TEMPLATES, ids=lambda template: template.stem)
def gradual(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    folder = tmp_path_factory.mktemp("gradual")
    template = with_default(request.param, folder, "GradualDeployment", "true")
    variant = next(each for each in VARIANTS.values() if each.template == request.param)
    return Stack(parse(translate(template)), {**ON_AWS, **variant.parameters})


def test_every_function_has_a_live_alias(stack_of_versions: Stack) -> None:
    stack = stack_of_versions
    names = {alias["Name"] for alias in stack.of_type("AWS::Lambda::Alias").values()}

    assert names == {"live"}
    assert set(aliases(stack).values()) == stack.of_type("AWS::Lambda::Function").keys()


def test_gateways_queues_and_schedules_call_the_alias(stack_of_versions: Stack) -> None:
    stack = stack_of_versions
    mappings = stack.of_type("AWS::Lambda::EventSourceMapping").values()
    permissions = stack.of_type("AWS::Lambda::Permission").values()
    called = {target(each["FunctionName"]) for each in (*mappings, *permissions)}
    called |= {route.function for route in routes(stack)}
    called |= {
        target(each["Arn"]) for rule in schedules(stack).values() for each in rule["Targets"]
    }
    for document in documents(stack).values():
        for scheme in document["securityDefinitions"].values():
            if "x-amazon-apigateway-authorizer" in scheme:
                authorizer = scheme["x-amazon-apigateway-authorizer"]
                called |= references(authorizer["authorizerUri"]) - {"AWS"}

    assert called
    assert called <= aliases(stack).keys()


def test_migrations_are_those_that_are_being_deployed(stack_of_versions: Stack) -> None:
    """The alias may still lead to the version before, which knows nothing of the newest."""
    (schema,) = stack_of_versions.of_type("Custom::DatabaseSchema").values()

    assert schema["ServiceToken"] == {"Fn::GetAtt": ["MigrationsFunction", "Arn"]}


def test_calls_shift_gradually_and_back_when_an_alarm_goes_off(gradual: Stack) -> None:
    groups = gradual.of_type("AWS::CodeDeploy::DeploymentGroup")
    alarms = gradual.of_type("AWS::CloudWatch::Alarm")

    assert len(groups) == len(gradual.of_type("AWS::Lambda::Function"))
    for group in groups.values():
        assert group["DeploymentStyle"]["DeploymentOption"] == "WITH_TRAFFIC_CONTROL"
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert group["AlarmConfiguration"]["Enabled"]
        watched = {target(each["Name"]) for each in group["AlarmConfiguration"]["Alarms"]}
        assert watched
        assert watched <= alarms.keys()
        assert target(group["ServiceRoleArn"]) == "DeploymentRole"


def test_each_alias_is_shifted_by_a_group_of_its_own(gradual: Stack) -> None:
    policies = [
        resource["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        for resource in gradual.resources.values()
        if resource["Type"] == "AWS::Lambda::Alias"
    ]

    groups = {target(policy["DeploymentGroupName"]) for policy in policies}
    assert len(groups) == len(policies)
    assert groups == gradual.of_type("AWS::CodeDeploy::DeploymentGroup").keys()


def test_no_alarm_that_outlasts_its_cause_holds_a_repair_back(gradual: Stack) -> None:
    alarms = gradual.of_type("AWS::CloudWatch::Alarm")
    for group in gradual.of_type("AWS::CodeDeploy::DeploymentGroup").values():
        for each in group["AlarmConfiguration"]["Alarms"]:
            assert alarms[target(each["Name"])].get("MetricName") != OF_DEPTH


def test_codedeploy_may_shift_these_aliases_and_look_at_these_alarms_alone(gradual: Stack) -> None:
    role = gradual.of_type("AWS::IAM::Role")["DeploymentRole"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    (policy,) = role["Policies"]
    granted = {
        (action, text(resource))
        for statement in policy["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
    (watched,) = {
        frozenset(target(each["Name"]) for each in group["AlarmConfiguration"]["Alarms"])
        for group in gradual.of_type("AWS::CodeDeploy::DeploymentGroup").values()
    }

    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    assert granted == {
        (action, resource.format(function=function))
        for function in gradual.of_type("AWS::Lambda::Function")
        for action, resource in SHIFTING.items()
    } | {("cloudwatch:DescribeAlarms", f"${{{alarm}.Arn}}") for alarm in watched}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.stem)
def test_cfn_lint_finds_nothing_where_calls_shift_gradually(template: Path, tmp_path: Path) -> None:
    """A circle by way of deployment groups would show there alone."""
    found = findings(translate(with_default(template, tmp_path, "GradualDeployment", "true")))

    # The groups and their role are there under the same circumstances, which it cannot know.
    assert [each for each in found if "'ServiceRoleArn' is a required" not in each] == []


def test_without_being_asked_nothing_shifts_gradually(stack_of_versions: Stack) -> None:
    assert not stack_of_versions.of_type("AWS::CodeDeploy::DeploymentGroup")
    assert "DeploymentRole" not in stack_of_versions.resources


def test_another_release_is_another_version_of_every_function(stack_of_versions: Stack) -> None:
    """SAM makes one for new code alone. CloudFormation replaces a version whose description
    changes, and Lambda has none to publish of a function that has not changed.
    """
    stack = stack_of_versions.given(Release="2026-11-21")

    for version in stack.of_type("AWS::Lambda::Version").values():
        assert version["Description"] == "2026-11-21"
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["RELEASE"] == "2026-11-21"


def test_names_are_made_by_cloudformation_or_of_the_stacks(stack: Stack) -> None:
    """So stacks of one pattern live side by side."""
    names = {
        f"{resource['Type']} {name}": text(value)
        for name, resource in stack.resources.items()
        for key, value in resource.get("Properties", {}).items()
        if key in NAMES.get(resource["Type"], ())
    }

    assert names
    for name, value in names.items():
        assert "${AWS::StackName}" in value, name


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.stem)
@pytest.mark.parametrize(
    "part",
    ["AutoPublishAlias:", "DeploymentPreference:", ".Alias", "DeletionPolicy:", "  Dashboard:"],
)
def test_a_local_cloud_gets_no_part_that_it_cannot_update_or_does_not_heed(
    template: Path, part: str
) -> None:
    """LocalStack's updates of an alias fail, and it deletes stores that are to be kept."""
    assert part in template.read_text()
    assert part not in for_local_cloud(template.read_text())
