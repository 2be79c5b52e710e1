"""Ctrl-C and SIGTERM end the programs in order: what was started is stopped."""

import signal
from importlib import import_module
from types import FrameType


class Stopped(BaseException):
    """Everything is to end. No `Exception`, like `KeyboardInterrupt`, so that it gets through."""

    def __init__(self, number: int) -> None:
        self.by_keyboard = number == signal.SIGINT
        self.exit_status = 128 + number


def run(command_line: str) -> int:
    """The exit status of this module's `execute()`, or that of the signal that has ended it."""
    raise_stopped()
    try:
        # Imported late: it takes most of a second, in which a signal may come too.
        status: int = import_module(command_line).execute()
    except Stopped as stopped:
        return stopped.exit_status
    return status


def raise_stopped() -> None:
    """From now on the first signal raises `Stopped` in the main thread; others change nothing."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(number)
