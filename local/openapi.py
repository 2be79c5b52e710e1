"""Writes the OpenAPI documents of the APIs, from their code: `python -m local.openapi`."""

import json
import os
import sys
from typing import Any

from local.paths import ROOT

FOLDER = ROOT / "docs" / "openapi"
_POWERTOOLS_OWN = {"HTTPValidationError", "ValidationError", "ResponseValidationError"}


def documents() -> dict[str, str]:
    """Each variant's document, by its file name."""
    # What importing and building the API needs of its settings; none of it is in the document.
    os.environ.setdefault("SALES_QUEUE_URL", "none")
    os.environ.setdefault("SUBSCRIBERS", "sales")
    sys.path.append(str(ROOT / "src"))
    from customer.api import app  # noqa: PLC0415: after the settings

    return {"decouple.json": _text(json.loads(app().get_openapi_json_schema()))}


def _text(document: dict[str, Any]) -> str:
    """Without Powertools' own validation errors: ours are problem details."""
    schemas = document["components"]["schemas"]
    for name in _POWERTOOLS_OWN:
        schemas.pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            answer = operation["responses"].get("422", {})
            if any(name in json.dumps(answer) for name in _POWERTOOLS_OWN):
                del operation["responses"]["422"]
    return json.dumps(document, indent=2) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text)
