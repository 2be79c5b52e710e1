"""The values of a template's parameters that make a difference to its routes."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from local.templates import NotUnderstood, Stack

_NAME = re.compile(r"\w+")


def stacks(template: Mapping[str, Any], given: Mapping[str, str]) -> Iterator[tuple[str, Stack]]:
    """The stack of every combination of values that the template allows, with what tells it from
    the others. Only parameters vary that the template's resources or their conditions name.
    """
    declared = template.get("Parameters", {})
    _expect_possible(given, declared)
    # One that is neither given nor has a default stays a reference, as those to resources do.
    values = {name: f"${{{name}}}" for name in declared if "Default" not in declared[name]}
    used = _named(template["Resources"], template.get("Conditions", {}))
    choices = {
        name: [given[name]] if name in given else list(map(_written, parameter["AllowedValues"]))
        for name, parameter in declared.items()
        if name in used and "AllowedValues" in parameter
    }
    for combination in product(*choices.values()):
        chosen = dict(zip(choices, combination, strict=True))
        stack = Stack(template, {**values, **given, **chosen})
        if _allowed(stack):
            yield ", ".join(f"{name}={value}" for name, value in chosen.items()), stack


def _expect_possible(given: Mapping[str, str], declared: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if name not in declared:
            raise NotUnderstood(f"it has no parameter {name}, but {', '.join(declared) or 'none'}")
        allowed = list(map(_written, declared[name].get("AllowedValues", [value])))
        if value not in allowed:
            raise NotUnderstood(f"{name} may be {', '.join(allowed)}, and not {value}")


def _named(resources: Any, conditions: Mapping[str, Any]) -> set[str]:
    """Every name in the resources, and in the conditions that are named there."""
    found, new = set[str](), set(_names(resources))
    while new:
        found |= new
        new = {name for each in new & conditions.keys() for name in _names(conditions[each])}
        new -= found
    return found


def _names(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield from _NAME.findall(value)
        case dict():
            yield from _names(list(value.values()))
        case list():
            for item in value:
                yield from _names(item)


def _written(value: Any) -> str:
    """As CloudFormation takes it: YAML's `true` is the text true."""
    return value if isinstance(value, str) else json.dumps(value)


def _allowed(stack: Stack) -> bool:
    """Whether the template's Rules let these values pass."""
    return all(
        stack.holds(assertion["Assert"])
        for rule in stack.template.get("Rules", {}).values()
        if stack.holds(rule.get("RuleCondition"))
        for assertion in rule["Assertions"]
    )
