"""The comparison of calls with roles finds what it is for."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from local.variants import VARIANTS
from tests.permissions.conftest import stacks_of, translated
from tests.permissions.justified import JUSTIFIED
from tests.permissions.proof import Deployed, unused, wildcards, without_grant
from tests.permissions.recording import Recorded
from tests.templates.cloudformation import target
from tests.templates.roles import Grant

SALES = "SalesConsumerFunction"
LEADS = "${LeadsTable.Arn}"

type Statement = dict[str, Any]
type Edited = Callable[[Callable[[Statement], None]], list[Deployed]]


@pytest.fixture
def edited(recorded: list[Recorded]) -> Edited:
    """The stacks of `decouple` after a change of what Sales may do with its leads."""

    def edit(change: Callable[[Statement], None]) -> list[Deployed]:
        template = deepcopy(translated(VARIANTS["decouple"].template))
        function = template["Resources"][SALES]["Properties"]
        role = template["Resources"][target(function["Role"])]["Properties"]
        statements = role["Policies"][0]["PolicyDocument"]["Statement"]
        (leads,) = [s for s in statements if "dynamodb:PutItem" in s.get("Action", ())]
        change(leads)
        return stacks_of(template, recorded)

    return edit


def test_a_grant_that_is_removed_is_missed(edited: Edited) -> None:
    for stack in edited(lambda leads: leads["Action"].remove("dynamodb:PutItem")):
        table = stack.recorded.resources["LeadsTable"].id
        arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}"

        assert list(without_grant(stack)) == [f"{SALES}: dynamodb:PutItem on {arn}"]


def test_a_grant_on_something_else_is_none(edited: Edited) -> None:
    other = {"Fn::GetAtt": ["SalesQueue", "Arn"]}

    for stack in edited(lambda leads: leads.update(Resource=other)):
        assert {line.partition(" on ")[0] for line in without_grant(stack)} == {
            f"{SALES}: dynamodb:GetItem",
            f"{SALES}: dynamodb:PutItem",
        }


def test_a_grant_for_other_circumstances_is_none(edited: Edited) -> None:
    condition = {"StringEquals": {"dynamodb:LeadingKeys": "CUSTOMER#1"}}

    for stack in edited(lambda leads: leads.update(Condition=condition)):
        assert len(list(without_grant(stack))) == 2


@pytest.mark.parametrize("action", ["*", "dynamodb:*", "dynamodb:Put*"])
def test_a_wildcard_in_an_action_is_found(edited: Edited, action: str) -> None:
    stacks = edited(lambda leads: leads["Action"].append(action))

    assert wildcards(stacks) - JUSTIFIED.keys() == {f"{SALES}: {action} on {LEADS}"}


@pytest.mark.parametrize("resource", ["*", f"{LEADS}*", "arn:aws:dynamodb:*:*:table/leads"])
def test_a_wildcard_in_a_resource_is_found(edited: Edited, resource: str) -> None:
    stacks = edited(lambda leads: leads.update(Resource={"Fn::Sub": resource}))

    assert wildcards(stacks) - JUSTIFIED.keys() == {
        f"{SALES}: dynamodb:GetItem on {resource}",
        f"{SALES}: dynamodb:PutItem on {resource}",
    }


def test_a_grant_that_is_added_without_need_is_found(edited: Edited) -> None:
    stacks = edited(lambda leads: leads["Action"].append("dynamodb:DeleteItem"))

    assert unused(stacks) - JUSTIFIED.keys() == {f"{SALES}: dynamodb:DeleteItem on {LEADS}"}


def test_no_grant_can_be_removed_unnoticed(deployed: list[Deployed]) -> None:
    unnoticed = {
        str(grant)
        for grant in {grant for each in deployed for grant in each.grants}
        if not any(_is_missed(grant, each) for each in deployed)
    }

    assert unnoticed - JUSTIFIED.keys() == set()


def _is_missed(grant: Grant, deployed: Deployed) -> bool:
    left = replace(deployed, grants=[other for other in deployed.grants if other != grant])
    said = f"{grant.function}: {grant.action} on "
    return any(line.startswith(said) for line in without_grant(left))
