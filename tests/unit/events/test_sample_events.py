"""The sample events have the shape that AWS sends."""

import json
from pathlib import Path

import pytest
from aws_lambda_powertools.utilities.parser.models import (
    ApiGatewayAuthorizerToken,
    APIGatewayProxyEventModel,
    CloudFormationCustomResourceCreateModel,
    EventBridgeModel,
    SqsModel,
)
from pydantic import BaseModel

from customer.portfolio import Portfolio
from tests.templates.cloudformation import read

EVENTS = Path(__file__).parents[3] / "events"
SHAPES: dict[str, type[BaseModel]] = {
    "AuthorizerFunction": ApiGatewayAuthorizerToken,
    "CustomerApiFunction": APIGatewayProxyEventModel,
    "MigrationsFunction": CloudFormationCustomResourceCreateModel,
    "OutboxRelayFunction": EventBridgeModel,
    "OutcomesConsumerFunction": SqsModel,
    "OverdueSweepFunction": EventBridgeModel,
    "PortfolioImportFunction": Portfolio,
    "SalesConsumerFunction": SqsModel,
}
RESOURCES = read(EVENTS.parent / "template-decouple.yaml")["Resources"]
OURS_AND_WRONG = {"PortfolioImportFunction/empty.json"}


@pytest.mark.parametrize(
    "path", sorted(EVENTS.rglob("*.json")), ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_a_sample_event_has_the_shape_that_aws_sends(path: Path) -> None:
    event = json.loads(path.read_text())

    if f"{path.parent.name}/{path.name}" in OURS_AND_WRONG:
        with pytest.raises(ValueError, match="at least 1 item"):
            SHAPES[path.parent.name].model_validate(event)
    else:
        SHAPES[path.parent.name].model_validate(event)


def test_every_function_of_the_template_has_a_sample_event() -> None:
    functions = {
        name
        for name, resource in RESOURCES.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }

    assert {folder.name for folder in EVENTS.iterdir()} == functions == set(SHAPES)


def test_the_sample_event_of_the_migrations_has_the_properties_of_the_template() -> None:
    event = json.loads((EVENTS / "MigrationsFunction" / "create.json").read_text())
    sent = event["ResourceProperties"]
    schema = RESOURCES[event["LogicalResourceId"]]

    assert event["ResourceType"] == schema["Type"]
    assert sent.keys() == schema["Properties"].keys() - {"ServiceTimeout"}
    assert sent["SchemaHash"] == schema["Properties"]["SchemaHash"]
