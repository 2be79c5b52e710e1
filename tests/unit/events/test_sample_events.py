"""The sample events have the shape that AWS sends."""

import json
import re
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
    template = (EVENTS.parent / "template-decouple.yaml").read_text()
    functions = re.findall(
        r"^  (\w+):\n    Type: AWS::Serverless::Function$", template, re.MULTILINE
    )

    assert functions
    assert {folder.name for folder in EVENTS.iterdir()} == set(functions) == set(SHAPES)
