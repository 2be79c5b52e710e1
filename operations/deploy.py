"""Deploys to AWS what was built of a variant, after checks of what would fail late.

SAM shows the change set, and asks before it is executed.
"""

from argparse import ArgumentParser, Namespace

from local.paths import ROOT
from local.templates import read
from local.variants import VARIANTS
from operations import checks
from operations.confirm import add_yes, confirmed
from operations.errors import Failed
from operations.place import Place
from operations.sam import sam
from operations.stack import find


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("parameters", metavar="NAME=VALUE", nargs="*", help="of the template")
    add_yes(parser)


def run(options: Namespace) -> int:
    if options.local:
        raise Failed("make run deploys to a local cloud")
    if not options.variant:
        raise Failed("which VARIANT is to be deployed?")
    variant = VARIANTS[options.variant]
    built = ROOT / ".aws-sam" / variant.name / "build"
    if not (built / "template.yaml").exists():
        raise Failed(f"{variant.name} is not built: make build VARIANT={variant.name}")
    place = Place.aws(options.profile)
    name = options.stack or place.stack_name(variant.name)
    present = find(place, name)
    if present and present.status == "REVIEW_IN_PROGRESS":
        present = None  # all there ever was is a change set

    given = checks.given(options.parameters, variant)
    declared = read(built / "template.yaml")["Parameters"]
    effective = checks.effective(declared, present.parameters if present else {}, given)
    given.setdefault(checks.RELEASE, checks.release(built, ROOT / "requirements", effective))
    if obstacles := list(checks.obstacles(place, present, built, effective)):
        raise Failed("\n".join(obstacles))
    for warning in checks.warnings(place, effective):
        print(f"warning: {warning}")
    what = f"a change of {name}" if present else f"a new stack, {name}"
    if not confirmed(options, f"Upload {variant.name} to {place.name}, for {what}?"):
        return 1
    sam(
        place,
        options.profile,
        "deploy",
        *("--config-env", variant.name, "--stack-name", name, "--s3-prefix", name),
        *(["--no-confirm-changeset"] if options.yes else []),
        "--parameter-overrides",
        *(f'ParameterKey={key},ParameterValue="{value}"' for key, value in given.items()),
    )
    return 0
