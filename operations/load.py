"""Loads policies into a stack, so that somebody can pay."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from local.paths import ROOT
from local.paying.portfolio import ImportFailed, load, read_policies
from local.paying.premiums import UnreadableFile
from operations.errors import Failed
from operations.stack import chosen

_SAMPLE = ROOT / "data" / "policies.csv"


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--policies", metavar="CSV", type=Path, default=_SAMPLE, help="by default the sample"
    )


def run(options: Namespace) -> int:
    stack = chosen(options)
    try:
        policies = read_policies(options.policies)
        function = stack.outputs["PortfolioImportFunction"]
        count = load(stack.place.client("lambda"), function, policies.values())
    except (ImportFailed, UnreadableFile) as error:
        raise Failed(str(error)) from error
    print(f"{count} policies into {stack.name} in {stack.place.name}")
    return 0
