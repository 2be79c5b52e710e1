"""The runbook knows every alarm and no other, and its commands are there."""

import re

import pytest

from local.paths import ROOT
from local.variants import VARIANTS
from tests.templates.cloudformation import read

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
TEMPLATES = [read(path) for path in sorted({v.template for v in VARIANTS.values()})]
ROWS = [line for line in RUNBOOK.splitlines() if re.match(r"\| `\w+Alarm`", line)]
COMMANDS = sorted(set(re.findall(r"\bmake ([a-z][a-z-]+)([^`\n]*)", RUNBOOK)))


def resources(kind: str) -> set[str]:
    return {
        name
        for template in TEMPLATES
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def test_every_alarm_has_a_row_and_no_other_has() -> None:
    named = [name for row in ROWS for name in re.findall(r"`(\w+Alarm)`", row.split("|")[1])]

    assert len(named) == len(set(named))
    assert set(named) == resources("AWS::CloudWatch::Alarm")
    assert set(re.findall(r"\b\w+Alarm\b", RUNBOOK)) == set(named)


def test_a_row_says_what_it_means_where_to_look_and_what_mends_it() -> None:
    for row in ROWS:
        cells = row.removeprefix("| ").removesuffix(" |").split(" | ")
        assert len(cells) == 4
        assert all(cells)


@pytest.mark.parametrize(("target", "arguments"), COMMANDS)
def test_a_command_is_there_and_names_what_is_there(target: str, arguments: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    functions = {name.removesuffix("Function") for name in resources("AWS::Serverless::Function")}
    parameters = {name for template in TEMPLATES for name in template["Parameters"]}
    (rule,) = re.findall(rf"^{target}: .*## (.*)", makefile, re.M)

    given, _, quoted = arguments.partition("PARAMETERS='")
    assert {name for name, _ in re.findall(r"(\w+)=(\S+)", quoted)} <= parameters
    for name, value in re.findall(r"([A-Z]+)=(\S+)", given):
        assert name in rule or name in ("LOCAL", "PROFILE")
        assert name != "VARIANT" or value in VARIANTS
        assert name != "FUNCTION" or value in functions
        assert name != "QUEUE" or value in resources("AWS::SQS::Queue")


def test_the_lines_to_look_for_are_logged() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    looked_for = [line for row in ROWS for line in re.findall(r"`([a-z][a-z ]+)`", row)]
    said = {line for line in looked_for if not line.startswith("make ") and " " in line}

    assert said
    for line in said:
        assert f'"{line}"' in sources, line
