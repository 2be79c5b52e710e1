"""Checks which event reaches whom in a template: `python -m local.routes TEMPLATE EVENTS`.

It fails where a rule or subscription is dead, or an event is heard by nobody.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Shown

from local.routes import samples
from local.routes.channels import Route
from local.routes.check import Checked, check
from local.routes.table import Table
from local.templates import NotUnderstood, parse, read, translate

_WIDTH_OF_A_FILE = 150


def main(arguments: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(prog="python -m local.routes", description=__doc__)
    parser.add_argument("template", type=Path, help="a SAM or CloudFormation template")
    parser.add_argument("events", type=Path, help="a folder of sample events, JSON files")
    parser.add_argument(
        "parameters",
        nargs="*",
        metavar="NAME=VALUE",
        help="of the template; by default all allowed",
    )
    options = parser.parse_args(arguments)
    given = dict(_pair(parser, written) for written in options.parameters)
    try:
        template = read(options.template)
        if "Transform" in template:
            template = parse(translate(options.template))
        checked = check(template, samples.read(options.events), given)
    except (NotUnderstood, OSError) as error:
        print(f"{options.template}: {error}", file=sys.stderr)
        return 1
    _show(checked)
    return 1 if any(each.faults for each in checked) else 0


def _pair(parser: ArgumentParser, written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        parser.error(f"{written} is not NAME=VALUE")
    return name, value


def _show(checked: Sequence[Checked]) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH_OF_A_FILE)
    shown: list[Checked] = []
    for each in checked:
        same = next((earlier for earlier in shown if earlier.tables == each.tables), None)
        if same:
            console.print(f"{each.parameters}: the same as {same.parameters}", highlight=False)
            continue
        shown.append(each)
        if each.parameters:
            console.print(each.parameters, style="bold", highlight=False)
        for table in each.tables:
            console.print(_shown(table))
    for each in checked:
        for fault in each.faults:
            where = f"{each.parameters}: " if each.parameters else ""
            print(f"{where}{fault}", file=sys.stderr)


def _shown(table: Table) -> Shown:
    shown = Shown(box=SIMPLE_HEAD, pad_edge=False)
    shown.add_column(str(table.channel), no_wrap=True)
    for route in table.routes:
        shown.add_column(_heading(route), justify="center", overflow="fold")
    for event in table.events:
        answers = (table.passes[route.name][event] for route in table.routes)
        shown.add_row(event, *("yes" if passes else "-" for passes in answers))
    return shown


def _heading(route: Route) -> str:
    if not route.leads:
        return f"{route.name}\n(no target)"
    return f"{route.name}\n(observer)" if route.observer else route.name


if __name__ == "__main__":
    sys.exit(main())
