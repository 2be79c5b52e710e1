"""Requests that schemathesis makes from the OpenAPI document of a pattern's API.

Most are wrong somewhere. Those that are not would all end in the same refusal if they named what
nobody knows: so what the services know is among what there is to choose from.
"""

import json

from hypothesis import strategies as st
from schemathesis import BaseSchema, Config, openapi

from local.openapi import FOLDER
from payment_requests.model import request_id
from tests.examples import TIMES

CUSTOMER = "C-contract"
POLICY = "P-contract"
KEY = "contract"
"""Of the payment that the customer has made before."""

LEAST = 80
"""Requests for each operation."""

TOKENS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E)).flatmap(
    lambda text: st.sampled_from(
        [text, f"Bearer {text}", f"Bearer eyJhbGciOiJSUzI1NiJ9.e30.{text}"]
    )
)
"""`Authorization` headers that nobody has signed."""

_CASES = 360
"""Of an API, besides those at the borders of what is valid."""
_PARAMETERS = {"requestId": str(request_id(CUSTOMER, KEY)), "customerId": CUSTOMER}
_PROPERTIES = {
    "PaymentSubmission": {"policyId": [POLICY, "P-unknown"]},
    "Payer": {"id": [CUSTOMER]},
    "PremiumAmount": {"value": ["49.90", "49.91"], "currency": ["EUR", "USD"]},
}


def cases(pattern: str) -> BaseSchema:
    document = json.loads((FOLDER / f"{pattern}.json").read_text())
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    for operation in operations:
        for parameter in operation["parameters"]:
            if known := _PARAMETERS.get(parameter["name"]):
                parameter["schema"] = {"anyOf": [{"const": known}, parameter["schema"]]}
    for schema, choices in _PROPERTIES.items():
        properties = document["components"]["schemas"][schema]["properties"]
        for name, values in choices.items():
            properties[name] = {"enum": values}
    return openapi.from_dict(document, config=_config(_CASES // len(operations)))


def _config(examples: int) -> Config:
    due = ["200", "201", "202"]
    not_due = ["403", "404", "409", "422"]
    settings = {
        "seed": 1,
        "generation": {
            "deterministic": TIMES == 1,
            "max-examples": examples * TIMES,
            "database": "none",
            "with-security-parameters": False,
        },
        # API Gateway has no 405: it answers as it does where there is no such route.
        "phases": {"coverage": {"unexpected-methods": []}},
        "checks": {"positive_data_acceptance": {"expected-statuses": due + not_due}},
    }
    return Config.from_dict(settings)
