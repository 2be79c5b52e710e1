"""Writes the OpenAPI documents of the APIs, from their code: `python -m local.openapi`."""

import json
import os
import sys
from typing import Any

from local.paths import ROOT

FOLDER = ROOT / "docs" / "openapi"
# What building the APIs needs of its settings; none of it is in the documents.
_SETTINGS = {
    "DESTINATION": "https://none",
    "SUBSCRIBERS": "none",
    "REQUESTS_TABLE": "none",
    "PUBLISHED_EVENTS": "payment.accepted.v1",
    "ORDERS_TABLE": "none",
    "MARK_RETENTION_DAYS": "90",
    "RELAY_AGE_SECONDS": "30",
}
_POWERTOOLS_OWN = {"HTTPValidationError", "ValidationError", "ResponseValidationError"}


def documents() -> dict[str, str]:
    """Each pattern's document, by its file name."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    sys.path.append(str(ROOT / "src"))
    import customer.api  # after the settings
    import payments.acceptance_api
    import payments.api

    decouple = _document(customer.api.app())
    pubsub = _document(payments.acceptance_api.app())
    apigw = _document(payments.api.app())
    apigw["paths"]["/payments/{requestId}/receipt"] = {
        "get": _receipt(apigw["paths"]["/payments/{requestId}"]["get"])
    }
    documents = {"decouple": decouple, "apigw": apigw, "pubsub": pubsub}
    return {f"{name}.json": _text(document) for name, document in documents.items()}


def _document(api: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(api.get_openapi_json_schema())
    return document


def _receipt(found: dict[str, Any]) -> dict[str, Any]:
    """The operation whose public contract the gateway makes, so that no code of a route has it.

    `found` is the operation that finds the request.
    """
    from contracts.api import PaymentReceipt

    schema = PaymentReceipt.model_json_schema()
    errors = {status: answer for status, answer in found["responses"].items() if status != "200"}
    errors["409"] = errors["404"] | {"description": "Conflict"}
    return {
        "summary": "The receipt of a recorded payment",
        "operationId": "getReceipt",
        "parameters": found["parameters"],
        "responses": {
            "200": {
                "description": "The receipt",
                "content": {"application/json": {"schema": schema}},
            },
            **dict(sorted(errors.items())),
        },
    }


def _text(document: dict[str, Any]) -> str:
    """Without Powertools' own validation errors: ours are problem details. It writes headers' names
    in lower case, too, in which the local gateway does not find one that it requires.
    """
    schemas = document["components"]["schemas"]
    for name in _POWERTOOLS_OWN:
        schemas.pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "header":
                    parameter["name"] = parameter["schema"]["title"]
            answer = operation["responses"].get("422", {})
            if any(name in json.dumps(answer) for name in _POWERTOOLS_OWN):
                del operation["responses"]["422"]
    return json.dumps(document, indent=2) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text)
