"""What the policy of a Lambda authorizer says about one method.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

import re
from enum import Enum, auto
from typing import Any

_ACTION = "execute-api:Invoke"


class Decision(Enum):
    ALLOW = auto()
    IMPLICIT_DENY = auto()
    EXPLICIT_DENY = auto()


class MalformedPolicy(ValueError):
    """The document is no policy that API Gateway would take, or has conditions."""


def decide(document: Any, method_arn: str) -> Decision:
    """An explicit deny wins over any allow; what no statement mentions is denied implicitly.

    Raises MalformedPolicy, also for `Condition`, `NotAction` and `NotResource`, which are not
    evaluated.
    """
    if not isinstance(document, dict):
        raise MalformedPolicy("policyDocument is not an object")
    effects = {
        _effect(statement)
        for statement in _list(document.get("Statement"))
        if _mentions(statement, "Action", _ACTION, ignore_case=True)
        and _mentions(statement, "Resource", method_arn)
    }
    if "Deny" in effects:
        return Decision.EXPLICIT_DENY
    return Decision.ALLOW if "Allow" in effects else Decision.IMPLICIT_DENY


def _effect(statement: dict[str, Any]) -> str:
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise MalformedPolicy(f"Effect is {effect!r}, not Allow or Deny")
    return str(effect)


def _mentions(statement: Any, element: str, value: str, *, ignore_case: bool = False) -> bool:
    if not isinstance(statement, dict):
        raise MalformedPolicy("a statement is not an object")
    if unsupported := statement.keys() & {"Condition", "NotAction", "NotResource"}:
        raise MalformedPolicy(f"{', '.join(sorted(unsupported))} not supported here")
    flags = re.IGNORECASE if ignore_case else 0
    return any(
        re.fullmatch(_expression(pattern), value, flags | re.DOTALL)
        for pattern in _list(statement.get(element))
    )


def _expression(pattern: Any) -> str:
    if not isinstance(pattern, str):
        raise MalformedPolicy(f"{pattern!r} is not a string")
    wildcards = {"*": ".*", "?": "."}
    return "".join(wildcards.get(character) or re.escape(character) for character in pattern)


def _list(value: Any) -> list[Any]:
    if not value:
        raise MalformedPolicy("Statement, Action or Resource is missing")
    return value if isinstance(value, list) else [value]
