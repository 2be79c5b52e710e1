"""A function may do what it does and nothing more: its role, beside the calls that it made in the
last run of the end-to-end suite.
"""

from pathlib import Path

from tests.permissions.conftest import TEMPLATES, stacks_of, translated
from tests.permissions.justified import JUSTIFIED
from tests.permissions.proof import Deployed, unused, wildcards, without_grant
from tests.permissions.recording import Recorded
from tests.templates.cloudformation import Stack
from tests.templates.conftest import CASES, made


def conditions(stack: Stack) -> set[str]:
    return {name for name in stack.template["Conditions"] if stack.holds(name)}


def test_the_suite_deploys_every_kind_of_stack(template: Path, deployed: list[Deployed]) -> None:
    """As the roles differ by their templates' conditions."""
    there = [conditions(each.stack) for each in deployed]
    missing = [
        case.name
        for case in CASES
        if case.template == template and conditions(made(case)) not in there
    ]
    assert missing == []


def test_a_function_calls_nothing_without_a_grant(deployed: list[Deployed]) -> None:
    said = {f"{each.recorded.name}: {call}" for each in deployed for call in without_grant(each)}

    assert said == set()


def test_a_grant_with_a_wildcard_is_justified(deployed: list[Deployed]) -> None:
    assert wildcards(deployed) - JUSTIFIED.keys() == set()


def test_a_grant_that_is_never_used_is_justified(deployed: list[Deployed]) -> None:
    assert unused(deployed) - JUSTIFIED.keys() == set()


def test_no_justification_outlives_its_need(recorded: list[Recorded]) -> None:
    stacks = [stacks_of(translated(template), recorded) for template in TEMPLATES]

    needed = {grant for each in stacks for grant in wildcards(each) | unused(each)}
    assert JUSTIFIED.keys() - needed == set()
