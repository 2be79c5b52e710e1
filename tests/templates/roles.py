"""What the roles of a stack's functions grant."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.templates.cloudformation import Stack, target, text


@dataclass(frozen=True)
class Grant:
    function: str
    """The function's logical id; the role's, where it is not a function's."""
    action: str
    resource: str
    """An ARN as the template writes it, or "*"."""
    conditions: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        _, _, name = self.resource.rpartition(":${AWS::AccountId}:")
        return f"{self.function}: {self.action} on {name}"


def grants(stack: Stack) -> Iterator[Grant]:
    """One for each action on each resource."""
    by_role = {
        target(f["Role"]): name for name, f in stack.of_type("AWS::Lambda::Function").items()
    }
    for role, statement in statements(stack):
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                conditions = statement.get("Condition", {})
                yield Grant(by_role.get(role, role), action, text(resource), conditions)


def statements(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Role and statement of each policy, within the role or beside it."""
    for name, role in stack.of_type("AWS::IAM::Role").items():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for policy in stack.of_type("AWS::IAM::Policy").values():
        for role in policy["Roles"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield target(role), statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
