"""Invocations of a function that is changed or deleted come to their end, as on Lambda.

LocalStack ends them: what they were at stays half done, and a queue hands their messages over again
only after its visibility timeout.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager


class _Invocations:
    """Those under way, by the version that they are of."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._abandoned = False

    @contextmanager
    def one_of(self, version: LambdaVersionManager) -> Iterator[None]:
        with self._changed:
            self._count[version.id] += 1
        try:
            yield
        finally:
            with self._changed:
                self._count[version.id] -= 1
                self._changed.notify_all()

    def wait_for(self, version: LambdaVersionManager) -> None:
        """Each ends in time: the function's time-out sees to that."""
        with self._changed:
            self._changed.wait_for(lambda: self._abandoned or not self._count[version.id])
            del self._count[version.id]

    def abandon(self) -> None:
        """Nobody waits any more."""
        with self._changed:
            self._abandoned = True
            self._changed.notify_all()


def install() -> None:
    invocations = _Invocations()
    invoke: Callable[..., Any] = LambdaVersionManager.invoke
    stop: Callable[..., None] = LambdaVersionManager.stop
    stop_service: Callable[..., None] = LambdaService.stop

    def counted(version: LambdaVersionManager, **invocation: Any) -> Any:
        with invocations.one_of(version):
            return invoke(version, **invocation)

    def stop_when_idle(version: LambdaVersionManager) -> None:
        invocations.wait_for(version)
        stop(version)

    # A thread of its own: the few of LocalStack's pool start the next versions meanwhile.
    def stop_soon(version: LambdaVersionManager) -> None:
        threading.Thread(target=stop_when_idle, args=[version], daemon=True).start()

    def stop_at_once(service: LambdaService) -> None:
        invocations.abandon()
        LambdaVersionManager.stop = stop
        stop_service(service)

    LambdaVersionManager.invoke = counted
    LambdaVersionManager.stop = stop_soon
    LambdaService.stop = stop_at_once
