"""The gateways' models: the code accepts nothing that they refuse, and decides on the rest."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.jsonschema import StandardValidator  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from contracts.api import PaymentSubmission
from contracts.internal import Confirmation, LedgerEntry, PaidPremium
from tests.builders import body
from tests.templates.cloudformation import Stack
from tests.templates.conftest import deployed
from tests.templates.gateways import documents, routes

OF_CODE: dict[tuple[str, str], type[BaseModel]] = {
    ("POST", "payments"): PaymentSubmission,
    ("PUT", "payments"): LedgerEntry,
    ("PUT", "premiums"): PaidPremium,
    ("PUT", "confirmations"): Confirmation,
}


def models(stack: Stack) -> Iterator[tuple[type[BaseModel], dict[str, Any]]]:
    """The code's and the gateway's model of each route with a body."""
    for route in routes(stack):
        for parameter in route.operation.get("parameters", []):
            if parameter["in"] == "body":
                name = parameter["schema"]["$ref"].removeprefix("#/definitions/")
                (resource,) = re.findall(r"/(\w+)(?:/{requestId})?$", route.path)
                yield (
                    OF_CODE[route.method, resource],
                    documents(stack)[route.api]["definitions"][name],
                )


def payment_model(stack: Stack) -> dict[str, Any]:
    return next(model for code, model in models(stack) if code is PaymentSubmission)


@pytest.fixture(scope="module")
def model() -> dict[str, Any]:
    return payment_model(deployed("decouple"))


def schema_of(code: type[BaseModel]) -> dict[str, Any]:
    """With references followed."""
    whole = code.model_json_schema()

    def follow(schema: Any) -> Any:
        match schema:
            case {"$ref": reference}:
                return follow(whole["$defs"][reference.removeprefix("#/$defs/")])
            case dict():
                return {key: follow(value) for key, value in schema.items()}
        return schema

    found: dict[str, Any] = follow(whole)
    return found


def test_the_gateways_models_demand_nothing_that_the_code_does_not(stack: Stack) -> None:
    def compare(model: dict[str, Any], schema: dict[str, Any]) -> None:
        for keyword, value in model.items():
            match keyword:
                case "$schema":
                    assert value == "http://json-schema.org/draft-04/schema#"
                case "properties":
                    assert value.keys() == schema["properties"].keys()
                    for name in value:
                        compare(value[name], schema["properties"][name])
                case "required":
                    assert set(value) == set(schema["required"])
                case _:
                    assert schema[keyword] == value, f"{keyword}: {value}"

    for code, model in models(stack):
        compare(model, schema_of(code))


def test_a_payment_is_validated_alike_in_every_variant(stack: Stack, model: dict[str, Any]) -> None:
    assert payment_model(stack) == model


def objects(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield model
    for part in model.get("properties", {}).values():
        if part["type"] == "object":
            yield from objects(part)


def test_customers_may_send_no_unknown_fields_but_services_may(stack: Stack) -> None:
    for code, model in models(stack):
        additional = {part.get("additionalProperties", True) for part in objects(model)}
        assert additional == {code is not PaymentSubmission}


def passes(model: dict[str, Any], submission: object) -> bool:
    return not list(StandardValidator(schema=model).iter_errors(submission))


IDENTIFIERS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
PRINTABLE = st.characters(exclude_categories=["Cc", "Cs"])
SUBMISSIONS = st.fixed_dictionaries(
    {
        "policyId": IDENTIFIERS,
        "customer": st.fixed_dictionaries(
            {
                "id": IDENTIFIERS,
                "name": st.text(PRINTABLE, min_size=1, max_size=200),
                "email": st.emails(),
            }
        ),
        "amount": st.fixed_dictionaries(
            {
                "value": st.one_of(
                    st.decimals("0.01", "999999999.99", places=2).map(str),
                    st.integers(1, 999_999_999).map(str),
                ),
                "currency": st.from_regex(r"[A-Z]{3}", fullmatch=True),
            }
        ),
        "period": st.from_regex(r"[0-9]{4}-(0[1-9]|1[0-2])", fullmatch=True),
    }
)


@settings(deadline=None, max_examples=100)
@given(SUBMISSIONS)
def test_whatever_the_code_accepts_passes_the_gateway(
    model: dict[str, Any], submission: dict[str, Any]
) -> None:
    PaymentSubmission.model_validate(submission)
    assert passes(model, submission)


@settings(deadline=None, max_examples=200)
@given(
    path=st.sampled_from(
        [
            ("policyId",),
            ("customer", "id"),
            ("customer", "name"),
            ("customer", "email"),
            ("amount", "value"),
            ("amount", "currency"),
            ("period",),
        ]
    ),
    value=st.one_of(
        st.text(max_size=5), st.integers(), st.none(), st.from_regex(r"[0-9.A-Z-]{1,7}")
    ),
)
def test_whatever_the_gateway_refuses_the_code_refuses_too(
    model: dict[str, Any], path: tuple[str, ...], value: object
) -> None:
    submission = body()
    part = submission
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value

    try:
        PaymentSubmission.model_validate(submission)
    except ValidationError:
        return
    assert passes(model, submission)
