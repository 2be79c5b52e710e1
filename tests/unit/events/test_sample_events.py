"""The sample events have the shape that AWS sends."""

import json
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parser.models import (
    ApiGatewayAuthorizerToken,
    APIGatewayProxyEventModel,
    CloudFormationCustomResourceCreateModel,
    EventBridgeModel,
    SqsModel,
)
from pydantic import BaseModel, ValidationError

from audit.model import KeptEvent
from communication.model import ConfirmationDue
from contracts.events import RequestData, StepReported
from customer.model import PaymentTaken
from local.variants import VARIANTS
from payment_requests.premiums import Portfolio
from payments.receipt import Question
from sales.model import PremiumPaid
from tests.outcomes import EVENTS, OUTCOMES, STACKS, first, samples
from tests.templates.cloudformation import read

SHAPES: dict[str, type[BaseModel]] = {
    "AuditConsumerFunction": SqsModel,
    "AuditTrailFunction": RequestData,
    "AuthorizerFunction": ApiGatewayAuthorizerToken,
    "CommunicationConsumerFunction": SqsModel,
    "CommunicationInternalApiFunction": APIGatewayProxyEventModel,
    "CustomerApiFunction": APIGatewayProxyEventModel,
    "CustomerConsumerFunction": SqsModel,
    "CustomerInternalApiFunction": APIGatewayProxyEventModel,
    "MigrationsFunction": CloudFormationCustomResourceCreateModel,
    "OutboxRelayFunction": EventBridgeModel,
    "OutcomesConsumerFunction": SqsModel,
    "OverdueSweepFunction": EventBridgeModel,
    "PaymentReceiptFunction": Question,
    "PaymentsApiFunction": APIGatewayProxyEventModel,
    "PortfolioImportFunction": Portfolio,
    "ResumeFunction": EventBridgeModel,
    "SalesConsumerFunction": SqsModel,
    "SalesInternalApiFunction": APIGatewayProxyEventModel,
}
TEMPLATES = [read(path)["Resources"] for path in {v.template for v in VARIANTS.values()}]
READERS: dict[str, type[BaseModel]] = {
    "AuditConsumerFunction": KeptEvent,
    "CommunicationConsumerFunction": ConfirmationDue,
    "CustomerConsumerFunction": PaymentTaken,
    "OutcomesConsumerFunction": StepReported,
    "SalesConsumerFunction": PremiumPaid,
}
UNREADABLE = {"not-an-event", "poison-beside-good", "unknown-version", "fifo-batch"}
OURS_AND_WRONG = {
    "AuditTrailFunction/no-request-id.json": "Field required",
    "PortfolioImportFunction/empty.json": "at least 1 item",
    "PaymentReceiptFunction/no-request-id.json": "valid UUID",
}


@pytest.mark.parametrize(
    "path", sorted(EVENTS.rglob("*.json")), ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_a_sample_event_has_the_shape_that_aws_sends(path: Path) -> None:
    event = json.loads(path.read_text())

    if wrong := OURS_AND_WRONG.get(f"{path.parent.name}/{path.name}"):
        with pytest.raises(ValueError, match=wrong):
            SHAPES[path.parent.name].model_validate(event)
    else:
        SHAPES[path.parent.name].model_validate(event)


@pytest.mark.parametrize(
    "path",
    sorted(path for function in READERS for path in (EVENTS / function).iterdir()),
    ids=lambda p: f"{p.parent.name}-{p.stem}",
)
def test_the_messages_of_a_sample_are_such_as_its_function_reads(path: Path) -> None:
    bodies = []
    for record in json.loads(path.read_text())["Records"]:
        assert record["md5OfBody"] == md5(record["body"].encode()).hexdigest()
        bodies.append(record["body"])

    assert all(_is_read(READERS[path.parent.name], body) for body in bodies) == (
        path.stem not in UNREADABLE
    )


def _is_read(reader: type[BaseModel], body: str) -> bool:
    try:
        reader.model_validate_json(body)
    except ValidationError:
        return False
    return True


def test_every_function_of_the_templates_has_a_sample_event() -> None:
    functions = {
        name
        for resources in TEMPLATES
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }

    assert {path.name for path in EVENTS.iterdir() if path.is_dir()} == functions == set(SHAPES)


def test_every_sample_event_has_a_stated_outcome_in_every_template() -> None:
    stated = {
        (function, case)
        for function in SHAPES
        for name, outcome in OUTCOMES[function].items()
        for case in (outcome if name in STACKS else [name])
    }

    assert all(sample.outcome for sample in samples())
    assert stated == {(sample.function, sample.case) for sample in samples()}
    assert {f"{sample.function}/{sample.case}" for sample in first()} == set(OUTCOMES["first"])
    assert OUTCOMES.keys() == SHAPES.keys() | {"first"}


@pytest.mark.parametrize("resources", TEMPLATES)
def test_the_sample_event_of_the_migrations_has_the_properties_of_the_templates(
    resources: dict[str, Any],
) -> None:
    event = json.loads((EVENTS / "MigrationsFunction" / "create.json").read_text())
    sent = event["ResourceProperties"]
    schema = resources[event["LogicalResourceId"]]

    assert event["ResourceType"] == schema["Type"]
    assert sent.keys() == schema["Properties"].keys() - {"ServiceTimeout"}
    assert sent["SchemaHash"] == schema["Properties"]["SchemaHash"]
