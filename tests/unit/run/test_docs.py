"""What the documentation points at is there."""

import re
from pathlib import Path

import pytest

from local.paths import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TESTS = {
    name.replace("_", " ")
    for path in (ROOT / "tests").rglob("*.py")
    for name in re.findall(r"^ *def test_(\w+)", path.read_text(), re.MULTILINE)
}

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


@pytest.mark.parametrize("pattern", ["decouple", "apigw"])
def test_every_fault_names_a_test_that_shows_it(pattern: str) -> None:
    text = (ROOT / "docs" / f"{pattern}.md").read_text()
    (table,) = re.findall(r"^\| fault \|.*?\n((?:\|.*\n)+)", text, re.MULTILINE)
    _, *rows = table.splitlines()

    for row in rows:
        named = re.findall(r"_([^_]+)_", row.split("|")[-2])
        assert named, row
        assert set(named) <= TESTS, row


@each_document
def test_every_link_leads_to_a_file(path: Path) -> None:
    for link in re.findall(r"\]\((?!http|#)([^)#]+)", path.read_text()):
        assert (path.parent / link).exists(), link
