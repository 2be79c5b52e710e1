"""What API Gateway says is wrong with a body that its model refuses.

It validates with the Java library json-schema-validator; the words are that library's.
"""

import json
from typing import Any

from jsonschema import ValidationError  # type: ignore[import-untyped]
from jsonschema.validators import validator_for  # type: ignore[import-untyped]


def validation_errors(body: bytes | str, schema: dict[str, Any]) -> list[str]:
    """One sentence for each error, none when the body is valid. An empty body counts as `{}`."""
    try:
        instance = json.loads(body or b"{}", parse_constant=_refuse)
    except (ValueError, RecursionError):
        return ["request body is not valid JSON"]
    validator = validator_for(schema)(schema)
    errors = list(validator.iter_errors(instance))
    required = [error for error in errors if error.validator == "required"]
    messages = [_describe(error) for error in errors if error.validator != "required"]
    return [*_missing(required), *messages]


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _missing(errors: list[ValidationError]) -> list[str]:
    """The library names all missing properties of an object at once, jsonschema one by one."""
    objects: dict[tuple[Any, ...], list[str]] = {}
    for error in errors:
        present = error.instance
        names = [name for name in error.validator_value if name not in present]
        objects[tuple(error.absolute_path)] = names
    return [
        f"object has missing required properties ({_json(sorted(names))})"
        for names in objects.values()
    ]


def _describe(error: ValidationError) -> str:
    limit, found = error.validator_value, error.instance
    match error.validator:
        case "type":
            allowed = limit if isinstance(limit, list) else [limit]
            return (
                f"instance type ({_type(found)}) does not match any allowed primitive type"
                f" (allowed: {_json(allowed)})"
            )
        case "enum":
            return (
                f"instance value ({_json(found)}) not found in enum"
                f" (possible values: {_json(limit)})"
            )
        case "pattern":
            return f"ECMA 262 regex {_json(limit)} does not match input string {_json(found)}"
        case "minLength":
            return (
                f"string {_json(found)} is too short"
                f" (length: {len(found)}, required minimum: {limit})"
            )
        case "maxLength":
            return (
                f"string {_json(found)} is too long"
                f" (length: {len(found)}, maximum allowed: {limit})"
            )
        case "minimum":
            return (
                "numeric instance is lower than the required minimum"
                f" (minimum: {limit}, found: {found})"
            )
        case "maximum":
            return (
                "numeric instance is greater than the required maximum"
                f" (maximum: {limit}, found: {found})"
            )
        case "additionalProperties":
            known = error.schema.get("properties", {})
            extra = sorted(name for name in found if name not in known)
            return (
                "object instance has properties which are not allowed by the schema:"
                f" {_json(extra)}"
            )
    return str(error.message)


def _type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return "null" if value is None else names.get(type(value), "object")


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
