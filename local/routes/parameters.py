"""The values of a template's parameters that make a difference to its routes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from local.templates import NotUnderstood, Stack, text

_NAME = re.compile(r"[\w:]+")
_PSEUDO = {
    f"AWS::{name}"
    for name in ("AccountId", "Partition", "Region", "StackId", "StackName", "URLSuffix")
}


def stacks(template: Mapping[str, Any], given: Mapping[str, str]) -> Iterator[tuple[str, Stack]]:
    """The stack of every combination of values that the template allows, with what tells it from
    the others. Only parameters vary that the template's resources or their conditions name.
    """
    _expect_possible(given, template.get("Parameters", {}))
    choices = _choices(Stack(template, given))
    for combination in product(*choices.values()):
        chosen = dict(zip(choices, combination, strict=True))
        stack = Stack(template, {**given, **chosen})
        if stack.allowed:
            yield ", ".join(f"{name}={value}" for name, value in chosen.items()), stack


def one_sided(
    template: Mapping[str, Any], given: Mapping[str, str], tried: Sequence[Stack]
) -> Iterator[tuple[str, bool]]:
    """The conditions on a parameter of any value that have one outcome in all these stacks, which
    need not be all there is; not those on one that is given.
    """
    declared = template.get("Parameters", {})
    conditions = template.get("Conditions", {})
    free = _PSEUDO | {name for name in declared if "AllowedValues" not in declared[name]}
    for name in sorted(_named(template["Resources"], conditions) & conditions.keys()):
        named = _named(conditions[name], conditions)
        outcomes = {stack.holds(name) for stack in tried}
        if len(outcomes) == 1 and named & free and not named & given.keys():
            yield name, outcomes.pop()


def _choices(stack: Stack) -> dict[str, list[str]]:
    """The allowed values of the parameters that matter. Of one that may have any: its default,
    those that conditions compare it with, and another, which stays a reference.
    """
    conditions = stack.template.get("Conditions", {})
    used = _named(stack.template["Resources"], conditions)
    compared: dict[str, list[str]] = {}
    for name in used & conditions.keys():
        for parameter, other in _comparisons(conditions[name]):
            if parameter not in stack.declared and parameter not in _PSEUDO:
                raise NotUnderstood(f"condition {name} compares {parameter}, which is no parameter")
            compared.setdefault(parameter, []).append(text(stack.resolve(other)))
    choices = {}
    for name in [*stack.declared, *sorted(_PSEUDO)]:
        allowed = stack.declared.get(name, {}).get("AllowedValues")
        if name not in used or not (allowed or name in compared):
            continue
        if name in stack.parameters:
            choices[name] = [stack.parameters[name]]
        elif allowed:
            choices[name] = list(map(text, allowed))
        else:
            default = text(stack.resolve({"Ref": name}))
            another = [f"${{{name}}}"] if default in compared[name] else []
            choices[name] = list(dict.fromkeys([default, *sorted(compared[name]), *another]))
    return choices


def _comparisons(condition: Any) -> Iterator[tuple[str, Any]]:
    """Each parameter that is compared, and what with."""
    match condition:
        case {"Fn::Equals": [left, right]}:
            for one, other in ((left, right), (right, left)):
                if isinstance(one, dict) and "Ref" in one:
                    yield one["Ref"], other
        case dict():
            yield from _comparisons(list(condition.values()))
        case list():
            for item in condition:
                yield from _comparisons(item)


def _expect_possible(given: Mapping[str, str], declared: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if name not in declared and name not in _PSEUDO:
            raise NotUnderstood(f"it has no parameter {name}, but {', '.join(declared) or 'none'}")
        allowed = list(map(text, declared.get(name, {}).get("AllowedValues", [value])))
        if value not in allowed:
            raise NotUnderstood(f"{name} may be {', '.join(allowed)}, and not {value}")


def _named(value: Any, conditions: Mapping[str, Any]) -> set[str]:
    """Every name in the value, and in the conditions that are named there."""
    found, new = set[str](), set(_names(value))
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
