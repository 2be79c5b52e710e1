"""The memory of a program and of everything that it has started."""

import threading
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import psutil

_EVERY_S = 1.0
_ROLES = (
    ("servers/guard.py", "guards"),
    ("function_process.py", "functions"),
    ("localstack.runtime.main", "LocalStack"),
    ("postgres", "PostgreSQL"),
    ("/sam", "SAM"),
    ("local", "client"),
)


def role(command: Sequence[str]) -> str:
    """What a process of `make run` is for, by its command line."""
    shown = " ".join(command)
    return next((name for part, name in _ROLES if part in shown), "make and set-up")


class MemoryWatch:
    """Samples a process tree until the end of the block.

    A page that processes share counts once: in proportional shares (PSS) where the system tells
    them, and not at all elsewhere (USS).
    """

    def __init__(self, pid: int) -> None:
        self.samples: list[Counter[str]] = []
        """Bytes by role, one sample a second."""
        self._root = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def peak(self) -> Counter[str]:
        """The sample with the most bytes."""
        return max(self.samples, key=Counter.total, default=Counter())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_S):
            try:
                tree = [self._root, *self._root.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            self.samples.append(_bytes_by_role(tree))


def _bytes_by_role(processes: Sequence[psutil.Process]) -> Counter[str]:
    total: Counter[str] = Counter()
    for process in processes:
        try:
            memory = process.memory_full_info()
            total[role(process.cmdline())] += getattr(memory, "pss", memory.uss)
        except psutil.Error:  # it has just ended
            continue
    return total
