"""The receipt: what the gateway itself makes of the request, of the answer, and of errors."""

import inspect
import json
import re
from typing import Any

import pytest

from contracts.api import PaymentReceipt
from payments import receipt
from payments.model import Receipt
from tests.templates.cloudformation import Stack, text
from tests.templates.gateways import Route, routes

STATUSES = {
    "Invalid": "400",
    "Unauthorized": "401",
    "NotFound": "404",
    "NotPaid": "409",
    "Unavailable": "503",
}


@pytest.fixture
def route(apigw_stack: Stack) -> Route:
    (found,) = (r for r in routes(apigw_stack) if r.integration["type"] != "aws_proxy")
    return found


@pytest.fixture
def answers(route: Route) -> dict[str, dict[str, Any]]:
    """By the pattern that an error's message matches, or `default`."""
    found: dict[str, dict[str, Any]] = route.integration["responses"]
    return found


def template(part: dict[str, Any]) -> str:
    ((content_type, written),) = part.items()
    assert content_type == "application/json"
    return text(written)


def fields(template: str) -> set[str]:
    """Of the JSON object that is written line by line."""
    return set(re.findall(r'^ *"(\w+)": ', template, re.MULTILINE))


def aliases(model: Any) -> set[str]:
    return {field.alias or field.serialization_alias for field in model.model_fields.values()}


def test_the_receipt_is_the_one_route_without_a_proxy(route: Route) -> None:
    assert (route.method, route.path) == ("GET", "/payments/{requestId}/receipt")
    assert route.function == "PaymentReceiptFunction"
    assert route.integration["type"] == "aws"


def test_the_function_gets_what_it_asks_for_and_nothing_of_the_request_besides(
    route: Route,
) -> None:
    assert fields(template(route.integration["requestTemplates"])) == aliases(receipt.Question)
    assert route.integration["passthroughBehavior"] == "never"


def test_the_client_gets_the_public_receipt_and_no_internal_field(
    answers: dict[str, dict[str, Any]],
) -> None:
    written = template(answers["default"]["responseTemplates"])

    assert answers["default"]["statusCode"] == "200"
    assert fields(written) == aliases(PaymentReceipt)
    read = set(re.findall(r"\$\.(\w+)|\$receipt\.(\w+)", written))
    names = {name for pair in read for name in pair if name}
    assert names <= aliases(Receipt) - {"customerId", "product"}


def test_every_error_of_the_function_has_its_status(answers: dict[str, dict[str, Any]]) -> None:
    raised = set(re.findall(r'ReceiptError\(f?"(\w+): ', inspect.getsource(receipt)))
    messages = {f"{kind}: why,\nin two lines": status for kind, status in STATUSES.items()} | {
        "NotFoundAnywhere": "503",
        "2026-11-03T09:00:00Z 1b2c Task timed out after 10.00 seconds": "503",
    }

    assert raised == STATUSES.keys()
    for message, status in messages.items():
        matching = {
            answer["statusCode"]
            for pattern, answer in answers.items()
            if pattern != "default" and re.fullmatch(pattern, message)
        }
        assert matching == {status}, message


def test_every_error_is_a_problem_document_with_fixed_words(
    answers: dict[str, dict[str, Any]],
) -> None:
    for pattern, answer in answers.items():
        if pattern != "default":
            problem = json.loads(template(answer["responseTemplates"]))
            assert problem.keys() == {"type", "title", "status", "detail"}
            assert str(problem["status"]) == answer["statusCode"]
            assert answer["responseParameters"]["method.response.header.Content-Type"] == (
                "'application/problem+json'"
            )


def test_the_method_declares_every_status_and_header_that_is_answered(
    route: Route, answers: dict[str, dict[str, Any]]
) -> None:
    """API Gateway answers 500 to a mapping of what is not declared."""
    statuses = [answer["statusCode"] for answer in answers.values()]

    assert sorted(statuses) == sorted(route.operation["responses"])
    for answer in answers.values():
        declared = route.operation["responses"][answer["statusCode"]]["headers"].keys()
        for parameter in answer.get("responseParameters", {}):
            assert parameter.removeprefix("method.response.header.") in declared
