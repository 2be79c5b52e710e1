"""Lints every template with cfn-lint and the house rules, as it is written and as SAM translates
it, where cycles and references to nothing show: `python -m local.lint_templates [TEMPLATE ...]`.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from local.paths import ROOT, STATE
from local.templates import NotUnderstood, translate

CFN_LINT = Path(sys.executable).with_name("cfn-lint")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
"""Where cfn-lint finds what the rules import."""


def lint(templates: Sequence[Path]) -> int:
    """Prints what is wrong; how many of the templates, written or translated, are."""
    wrong = 0
    for template in templates:
        wrong += _lint(template)
        try:
            translated = _translated(template)
        except NotUnderstood as error:
            print(f"{template.name}: {error}")
            wrong += 1
        else:
            wrong += _lint(translated)
    return wrong


def _translated(template: Path) -> Path:
    folder = STATE / "translated"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / template.name
    path.write_text(translate(template))
    return path


def _lint(template: Path) -> bool:
    """Whether it is wrong."""
    command: list[str | Path] = [CFN_LINT, "--append-rules", "house_rules", "--", template]
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT).returncode != 0


if __name__ == "__main__":
    named = [Path(name).resolve() for name in sys.argv[1:]]
    # The dashboard first: cfn-lint looks for it beside the translated templates.
    every = [ROOT / "dashboard.yaml", *sorted(ROOT.glob("template-*.yaml"))]
    sys.exit(1 if lint(named or every) else 0)
