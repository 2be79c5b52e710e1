"""The policies of Lambda authorizers."""

from typing import Any

import pytest

from local.localstack_plugin.policy import Decision, MalformedPolicy, decide

ARN = "arn:aws:execute-api:us-east-1:000000000000:abc123/prod/GET/payments/42"
ALL = "arn:aws:execute-api:us-east-1:000000000000:abc123/prod/*"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(effect: str, resource: Any = ALL, action: Any = "execute-api:Invoke") -> Any:
    return {"Effect": effect, "Action": action, "Resource": resource}


@pytest.mark.parametrize(
    "resource",
    [ARN, ALL, "*", ["arn:other", ALL], ARN.replace("GET", "???"), ARN.replace("42", "*")],
    ids=str,
)
def test_a_resource_may_have_wildcards(resource: Any) -> None:
    assert decide(policy(statement("Allow", resource)), ARN) is Decision.ALLOW


@pytest.mark.parametrize("resource", [ARN[:-1], ARN + "/x", ARN.replace("GET", "??"), "arn:[*]"])
def test_another_resource_is_not_allowed(resource: str) -> None:
    assert decide(policy(statement("Allow", resource)), ARN) is Decision.IMPLICIT_DENY


@pytest.mark.parametrize(
    "action", ["execute-api:Invoke", "execute-api:*", "*", "Execute-API:invoke"]
)
def test_an_action_may_have_wildcards_and_any_case(action: str) -> None:
    assert decide(policy(statement("Allow", action=action)), ARN) is Decision.ALLOW


def test_another_action_is_not_allowed() -> None:
    document = policy(statement("Allow", action="execute-api:ManageConnections"))

    assert decide(document, ARN) is Decision.IMPLICIT_DENY


@pytest.mark.parametrize("reverse", [False, True])
def test_a_deny_wins_over_an_allow_wherever_it_stands(reverse: bool) -> None:
    statements = [statement("Allow"), statement("Deny", ARN)]

    document = policy(*(reversed(statements) if reverse else statements))

    assert decide(document, ARN) is Decision.EXPLICIT_DENY


def test_one_statement_needs_no_list() -> None:
    assert decide({"Statement": statement("Allow")}, ARN) is Decision.ALLOW


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        [],
        {"Statement": []},
        {"Statement": ["Allow"]},
        {"Statement": [{"Effect": "Allow", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": "*"}]},
        policy(statement("allow")),
        policy(statement("Allow", resource=[7])),
        policy({**statement("Allow"), "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
        policy({**statement("Allow"), "NotResource": "*"}),
    ],
    ids=str,
)
def test_what_is_no_policy_is_an_error(document: Any) -> None:
    with pytest.raises(MalformedPolicy):
        decide(document, ARN)
