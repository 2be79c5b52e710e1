"""The comparison's commands and options."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from comparison import cost_report, counts, prices
from comparison.compare import compare
from comparison.counts import FILE
from comparison.levers import ARCHITECTURES, GATEWAYS, Levers
from comparison.prices import DEFAULT_REGION, Prices
from comparison.simulation import report
from comparison.simulation.flows import Flow, flow
from comparison.simulation.latencies import Latencies
from comparison.simulation.limits import Limits
from comparison.simulation.outcome import Outcome
from comparison.simulation.rush import CAPACITY, RATES, SECONDS, rush
from local.bench.figures import NotMeasured
from local.paying.payments_api import NoAnswer, Unreachable
from local.paying.portfolio import ImportFailed
from local.sam import SamFailed
from local.servers.process import CannotStart, ServerCrashed
from local.stack import DeployFailed
from local.variants import VARIANTS

_WIDTH_OF_A_FILE = 80
_FAILURES = (
    CannotStart,
    DeployFailed,
    ImportFailed,
    NoAnswer,
    NotMeasured,
    OSError,
    SamFailed,
    ServerCrashed,
    Unreachable,
    ValueError,
)


def execute(arguments: Sequence[str] | None = None) -> int:
    """The exit status; what can be expected to fail is told in a line, with its reason."""
    options = _parser().parse_args(arguments)
    output = Console()
    console = output if output.is_terminal else Console(width=_WIDTH_OF_A_FILE)
    try:
        match options.command:
            case "compare":
                variants = [VARIANTS[name] for name in _variants(options)]
                compare(console, variants, options.premiums, options.into)
            case "cost":
                _cost(console, options)
            case "simulate":
                _simulate(console, options)
    except _FAILURES as error:
        print("\n".join([str(error), *getattr(error, "__notes__", ())]), file=sys.stderr)
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


def _simulate(console: Console, options: Namespace) -> None:
    latencies = Latencies.published()
    flows = [flow(name, latencies, options.capacity) for name in _variants(options)]
    limits = Limits(throttle=options.throttle)
    rates = [options.rate] if options.rate else RATES

    def outcomes(of: Flow) -> Iterator[tuple[float, Outcome]]:
        return ((rate, rush(of, limits, rate, options.seconds)) for rate in rates)

    with console.status("simulating"):
        report.show(
            console,
            {of.name: outcomes(of) for of in flows},
            flows,
            limits,
            capacity=options.capacity,
            seconds=options.seconds,
        )


def _variants(options: Namespace) -> list[str]:
    return [options.variant] if options.variant else list(VARIANTS)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m comparison", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    measure = commands.add_parser("compare", help="measure the variants, and write the page")
    measure.add_argument("--premiums", type=int, help="only so many of the month")
    measure.add_argument("--into", type=Path, default=FILE.parent, help="a folder")
    cost = commands.add_parser("cost", help="counts times list prices")
    cost.add_argument("--region", choices=prices.regions(), default=DEFAULT_REGION)
    cost.add_argument("--architecture", choices=ARCHITECTURES, default="arm64")
    cost.add_argument("--gateway", choices=GATEWAYS, default="rest")
    cost.add_argument("--batch", type=float, default=1, help="messages received at once")
    cost.add_argument("--polls", type=float, help="questions of the client for each payment")
    cost.add_argument("--payments", type=int, default=1_000_000, help="in a month")
    simulate = commands.add_parser("simulate", help="a rush of payments, simulated")
    simulate.add_argument("--rate", type=_positive, help="payments a second, by default several")
    simulate.add_argument("--capacity", type=_positive, default=CAPACITY, help="of Sales, a second")
    simulate.add_argument("--seconds", type=_positive, default=SECONDS, help="of the rush")
    simulate.add_argument("--throttle", type=_positive, default=Limits().throttle)
    for each in (measure, cost, simulate):
        each.add_argument("--variant", choices=VARIANTS, help="by default all")
    return parser


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text} is no number above 0")
    return number
