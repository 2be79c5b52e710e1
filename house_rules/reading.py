"""What rules read of a template, whose conditions are not decided."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[\w.]+)?\}")

type Resources = Mapping[str, Mapping[str, Any]]


def branches(value: Any) -> Iterator[Any]:
    """The value on every branch of its conditions, without branches that leave it out."""
    match value:
        case {"Fn::If": [_, then, otherwise]}:
            yield from branches(then)
            yield from branches(otherwise)
        case {"Ref": "AWS::NoValue"}:
            return
        case _:
            yield value


def references(value: Any) -> set[str]:
    """The names of the resources and parameters to which a value refers, at any depth."""
    match value:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::GetAtt": [str(name), *_]}:
            return {name}
        case {"Fn::GetAtt": str(name)}:
            return {name.partition(".")[0]}
        case {"Fn::Sub": str(text)}:
            return set(_REFERENCE.findall(text))
        case {"Fn::Sub": [str(text), dict(values)]}:
            return (set(_REFERENCE.findall(text)) - set(values)) | references(list(values.values()))
        case dict():
            return {name for item in value.values() for name in references(item)}
        case list():
            return {name for item in value for name in references(item)}
    return set()


def numbers(value: Any, parameters: Mapping[str, Any]) -> Iterator[float]:
    """The least that a number can be, on every branch; of a parameter its MinValue."""
    for branch in branches(value):
        match branch:
            case {"Ref": str(name)} if name in parameters:
                yield float(parameters[name].get("MinValue", 0))
            case int() | float() | str():
                yield float(branch)
            case _:
                yield 0.0


def texts(value: Any) -> list[str]:
    """A text or a list of texts."""
    return [value] if isinstance(value, str) else [text for text in value or [] if text]
