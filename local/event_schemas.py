"""Writes the JSON Schemas of the events, from the contracts: `python -m local.event_schemas`."""

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from local.paths import ROOT

if TYPE_CHECKING:
    from contracts.events import Event

FOLDER = ROOT / "docs" / "events"
TEMPLATE = ROOT / "template-pubsub.yaml"
# What EventBridge puts around every event:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html.
_AROUND = {
    "version": {"type": "string"},
    "id": {"type": "string"},
    "account": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "region": {"type": "string"},
    "resources": {"type": "array", "items": {"type": "string"}},
    "source": {"type": "string", "description": "The stack's name, a dot, the service's name"},
}


class _Draft4(GenerateJsonSchema):
    """As the registry takes it. A field is required that producers always write."""

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        made = super().generate_inner(schema)
        if "const" in made:
            made["enum"] = [made.pop("const")]
        for unwanted in ("default", "examples"):
            made.pop(unwanted, None)
        return made

    def field_is_required(self, field: Any, total: bool) -> bool:
        return "serialization_exclude_if" not in field

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def documents() -> dict[str, str]:
    """Each event's schema, by the event's type."""
    sys.path.append(str(ROOT / "src"))
    from contracts.events import (
        ConfirmationDue,
        Event,
        PaymentAccepted,
        PaymentTaken,
        PremiumPaid,
        StepReported,
    )

    events: list[type[Event]]
    events = [PaymentAccepted, PaymentTaken, PremiumPaid, ConfirmationDue, StepReported]
    made = map(_schema, events)
    return {schema["title"]: json.dumps(schema, indent=2) + "\n" for schema in made}


def _schema(event: "type[Event]") -> dict[str, Any]:
    """Of the event on a bus. What a service writes, and a queue or topic passes on, is `detail`."""
    detail = event.model_json_schema(
        mode="serialization", schema_generator=_Draft4, ref_template="#/definitions/{model}"
    )
    definitions = {event.__name__: detail, **detail.pop("$defs")}
    properties = {
        **_AROUND,
        "detail-type": detail["properties"]["type"],
        "detail": {"$ref": f"#/definitions/{event.__name__}"},
    }
    name = event.model_fields["type"].default
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": name,
        "description": detail["description"],
        "x-amazon-events-detail-type": name,
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "definitions": definitions,
    }


def registered(template: str, documents: dict[str, str]) -> str:
    """The template's text with the schemas in it."""
    for name, document in documents.items():
        content = json.dumps(json.loads(document), separators=(",", ":")).replace("'", "''")
        place = rf"( SchemaName: {re.escape(name)}\n(?: .*\n)*? +Content: )'.*'\n"
        before, *found = re.split(place, template, maxsplit=1)
        if not found:
            raise ValueError(f"{TEMPLATE.name} has no schema {name} with a Content")
        template = f"{before}{found[0]}'{content}'\n{found[1]}"
    return template


if __name__ == "__main__":
    schemas = documents()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, document in schemas.items():
        (FOLDER / f"{name}.json").write_text(document)
    TEMPLATE.write_text(registered(TEMPLATE.read_text(), schemas))
