"""The operator's commands and their options."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local.variants import VARIANTS
from operations import conformance, delete, deploy, invoke, load, logs, redrive, trace
from operations.errors import Failed


class Command(Protocol):
    """A module that does one thing: its docstring is the command's help."""

    __doc__: str | None

    def add_options(self, parser: ArgumentParser) -> None:
        """Those that only this command has."""

    def run(self, options: Namespace) -> int:
        """The exit status."""


_COMMANDS: Mapping[str, Command] = {
    "deploy": deploy,
    "delete": delete,
    "invoke": invoke,
    "load": load,
    "logs": logs,
    "redrive": redrive,
    "trace": trace,
    "test": conformance,
}


def execute(arguments: Sequence[str] | None = None) -> int:
    """The exit status; what can be expected to fail is told in a line, with its reason."""
    options = _parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command].run(options)
    except (BotoCoreError, ClientError, Failed, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m operations", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, command in _COMMANDS.items():
        summary, _, _ = (command.__doc__ or "").partition("\n")
        each = commands.add_parser(name, help=summary, description=command.__doc__)
        each.add_argument("--variant", choices=VARIANTS)
        each.add_argument("--stack", metavar="NAME", help="by default premiums-<variant>")
        where = each.add_mutually_exclusive_group()
        where.add_argument("--profile", help="of AWS; by default that of AWS_PROFILE")
        where.add_argument("--local", action="store_true", help="in the local cloud that is up")
        command.add_options(each)
    return parser
