"""Nothing is changed before somebody has said yes."""

from argparse import ArgumentParser, Namespace

from operations.errors import Failed


def add_yes(parser: ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")


def confirmed(options: Namespace, question: str) -> bool:
    if options.yes:
        return True
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        raise Failed("nobody is there to answer: YES=1 says yes beforehand") from None
