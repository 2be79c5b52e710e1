"""cfn-lint finds nothing, in the template as it is written and as SAM translates it: a reference
in a circle or to nothing shows only there.
"""

import subprocess
from pathlib import Path

import pytest
from cfnlint.api import lint  # type: ignore[import-untyped]

from local.paths import SAM
from local.variants import VARIANTS

ONE_OF_EACH_TEMPLATE = {variant.template: variant for variant in VARIANTS.values()}.values()
each_template = pytest.mark.parametrize(
    "variant",
    ONE_OF_EACH_TEMPLATE,
    ids=lambda variant: variant.template.stem,
    indirect=True,
    scope="session",
)


def findings(template: str) -> list[str]:
    """Errors and warnings, in the region us-east-1."""
    return [str(match) for match in lint(template)]


@each_template
def test_cfn_lint_finds_nothing_in_the_source(path: Path) -> None:
    assert findings(path.read_text()) == []


@each_template
def test_cfn_lint_finds_nothing_in_the_translation(translated_text: str) -> None:
    assert findings(translated_text) == []


@each_template
def test_sam_finds_the_source_valid(path: Path) -> None:
    command: list[str | Path] = [SAM, "validate", "--lint", "--template-file", path]
    command += ["--region", "us-east-1"]

    validated = subprocess.run(command, capture_output=True, text=True, check=False)

    assert validated.returncode == 0, validated.stdout + validated.stderr


def test_cfn_lint_is_asked_the_right_way() -> None:
    broken = """
    Resources:
      Queue:
        Type: AWS::SQS::Queue
        Properties:
          KmsMasterKeyId: !Ref Missing
          VisibilityTimeout: soon
    """
    assert len(findings(broken)) == 2
