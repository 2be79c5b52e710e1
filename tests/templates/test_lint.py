"""cfn-lint finds nothing, in the template as it is written and as SAM translates it: a reference
in a circle or to nothing shows only there. `make lint` adds `sam validate --lint`."""

from pathlib import Path

from cfnlint.api import lint_all


def test_cfn_lint_finds_nothing_in_the_source(path: Path) -> None:
    assert [str(match) for match in lint_all(path.read_text())] == []


def test_cfn_lint_finds_nothing_in_the_translation(translated_text: str) -> None:
    assert [str(match) for match in lint_all(translated_text)] == []
