"""What a template's references mean, and the templates as the programs read them."""

import re
from typing import Any

from local.templates import Stack, parse, read, text, translate

__all__ = ["Stack", "arn_of", "parse", "read", "referred", "target", "text", "translate"]

_REFERENCE = re.compile(r"\$\{([\w.:]+)\}")


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
