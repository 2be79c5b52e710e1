"""Ctrl-C and SIGTERM end the programs in order: what was started is stopped."""

import signal
from types import FrameType


class Stopped(BaseException):
    """Everything is to end. No `Exception`, like `KeyboardInterrupt`, so that it gets through."""

    def __init__(self, number: int) -> None:
        self.by_keyboard = number == signal.SIGINT
        self.exit_status = 128 + number


def raise_stopped() -> None:
    """From now on the first signal raises `Stopped` in the main thread; others change nothing."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(number)
