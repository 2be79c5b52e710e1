"""docs/choosing.md: its tables are those of the data that is checked in."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from comparison import choosing, failures, guide, measured, rendering
from comparison.choosing import NoSuchTable
from comparison.page.reasons import Evidence
from tests.unit.comparison.page import made_up

TEXT = choosing.FILE.read_text()


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return rendering.evidence()


def test_the_tables_are_current(evidence: Evidence) -> None:
    again = choosing.rewritten(TEXT, evidence, guide.load())

    assert again == TEXT, "make them again: make page"


@pytest.mark.parametrize(
    ("file", "command"), [(measured.FILE, "compare"), (failures.FILE, "chaos")]
)
def test_the_text_says_what_is_not_measured_yet_and_only_then(file: Path, command: str) -> None:
    assert (f"Not measured yet: `make {command}`" in TEXT) == (not file.exists())


def test_every_table_is_in_the_text() -> None:
    assert sorted(re.findall(r"<!-- table: (\S+) -->", TEXT)) == sorted(choosing.TABLES)


def test_a_run_fills_every_table_and_changes_nothing_else(evidence: Evidence) -> None:
    run = replace(evidence, measured=made_up.measured(), failures=made_up.failures())

    filled = choosing.rewritten(TEXT, run, guide.load())

    assert "Not measured yet" not in filled
    assert "(a tie)" in filled
    assert "17 of 51" in filled
    outside = re.compile(r"(<!-- table: \S+ -->).*?(<!-- end -->)", re.DOTALL)
    assert outside.sub(r"\1\2", filled) == outside.sub(r"\1\2", TEXT)


def test_a_table_that_nobody_makes_is_refused(evidence: Evidence) -> None:
    with pytest.raises(NoSuchTable, match="weather"):
        choosing.rewritten("<!-- table: weather -->\n<!-- end -->", evidence, guide.load())
