"""The comparison's commands and options."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from rich.console import Console

from comparison import cost_report, counts, prices
from comparison.levers import ARCHITECTURES, GATEWAYS, Levers
from comparison.prices import DEFAULT_REGION, Prices
from local.variants import VARIANTS

_WIDTH_OF_A_FILE = 80


def execute(arguments: Sequence[str] | None = None) -> int:
    """The exit status; what can be expected to fail is told in a line, with its reason."""
    options = _parser().parse_args(arguments)
    output = Console()
    console = output if output.is_terminal else Console(width=_WIDTH_OF_A_FILE)
    try:
        match options.command:
            case "cost":
                _cost(console, options)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _cost(console: Console, options: Namespace) -> None:
    levers = Levers(
        batch=options.batch,
        polls=options.polls,
        gateway=options.gateway,
        architecture=options.architecture,
        payments=options.payments,
    )
    listed = Prices.of(options.region)
    cost_report.show(console, _variants(options), counts.load(), listed, levers)


def _variants(options: Namespace) -> list[str]:
    return [options.variant] if options.variant else list(VARIANTS)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m comparison", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    cost = commands.add_parser("cost", help="counts times list prices")
    cost.add_argument("--region", choices=prices.regions(), default=DEFAULT_REGION)
    cost.add_argument("--architecture", choices=ARCHITECTURES, default="arm64")
    cost.add_argument("--gateway", choices=GATEWAYS, default="rest")
    cost.add_argument("--batch", type=float, default=1, help="messages received at once")
    cost.add_argument("--polls", type=float, help="questions of the client for each payment")
    cost.add_argument("--payments", type=int, default=1_000_000, help="in a month")
    for each in (cost,):
        each.add_argument("--variant", choices=VARIANTS, help="by default all")
    return parser
