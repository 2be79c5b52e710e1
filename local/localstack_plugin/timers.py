"""Keep-alive timers that do not hold up LocalStack's end.

Each execution environment sets one (LAMBDA_KEEPALIVE_MS), and a race between its release and its
stop leaks it: a timer's thread then keeps the process alive until the time is over.
"""

import threading
from typing import Any

from localstack.services.lambda_.invocation import execution_environment


class _DaemonTimer(threading.Timer):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.daemon = True


def install() -> None:
    execution_environment.Timer = _DaemonTimer
