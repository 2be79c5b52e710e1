"""What a template's references mean, and the templates as the programs read them."""

import re
from collections.abc import Mapping
from typing import Any

from local.templates import Stack, parse, read, text, translate

__all__ = [
    "Stack",
    "arn_of",
    "parse",
    "read",
    "referred",
    "target",
    "text",
    "through_aliases",
    "translate",
]

_REFERENCE = re.compile(r"\$\{([\w.:]+)\}")
_OF_VERSIONS = ("AWS::Lambda::Alias", "AWS::Lambda::Version")


def through_aliases(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template as if whoever calls a function by its alias called the function itself."""
    resources = template["Resources"]
    functions = {
        name: target(resource["Properties"]["FunctionName"])
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Alias"
    }

    def of_function(reference: re.Match[str]) -> str:
        name = functions.get(reference[1])
        return f"${{{name}.Arn}}" if name else reference[0]

    def through(value: Any) -> Any:
        match value:
            case {"Ref": str(name)} if name in functions:
                return {"Fn::GetAtt": [functions[name], "Arn"]}
            case {"Fn::Sub": str(pattern)}:
                return {"Fn::Sub": _REFERENCE.sub(of_function, pattern)}
            case dict():
                return {key: through(item) for key, item in value.items()}
            case list():
                return [through(item) for item in value]
        return value

    kept = {name: each for name, each in resources.items() if each["Type"] not in _OF_VERSIONS}
    return through({**template, "Resources": kept})  # type: ignore[no-any-return]


def referred(value: Any) -> set[str]:
    """The names in a text's references, pseudo parameters apart."""
    names = {name.partition(".")[0] for name in _REFERENCE.findall(text(value))}
    return {name for name in names if not name.startswith("AWS::")}


def target(reference: Any) -> str:
    """The name of the resource that a `Ref` or `GetAtt` means."""
    match reference:
        case {"Ref": name}:
            return str(name)
        case {"Fn::GetAtt": [name, _]}:
            return str(name)
    raise AssertionError(f"{reference} names no resource of the template")


def arn_of(reference: Any) -> str:
    """The name of the resource whose ARN this is: a `Ref` gives a queue's URL or a table's name."""
    match reference:
        case {"Fn::GetAtt": [name, "Arn" | "ResourceArn"]}:
            return str(name)
    raise AssertionError(f"{reference} is no ARN of a resource of the template")
