"""Threads that have ended are let go, and their stacks with them.

LocalStack keeps each that it has started until it ends itself. An invocation of a function starts
one; after some 30,000 Linux maps no further stack (vm.max_map_count), and nothing can be started.
"""

from contextlib import suppress
from threading import Thread

from localstack.utils.threads import TMP_THREADS, FuncThread


def install() -> None:
    FuncThread.start = _start


def _start(thread: Thread) -> None:
    for other in list(TMP_THREADS):
        if type(other) is FuncThread and other.ident is not None and not other.is_alive():
            with suppress(ValueError):  # another thread was faster
                TMP_THREADS.remove(other)
    Thread.start(thread)
