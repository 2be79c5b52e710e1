"""Runs a function with the runtime interface client: `python -P function_process.py HANDLER`.

Standard input is the lifeline: its other end is held by LocalStack, so it closes when LocalStack
ends, however it ends, and this process then goes with everything it started. Meant for the Python
of the Lambda runtime, so it imports nothing of the project.
"""

import ctypes
import datetime
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_STEP_BACK = 10
"""Behind LocalStack, which serves all functions: however many start at once, it answers in time.
Linux shares the processors among sessions first, and looks at this within one of them:
https://man7.org/linux/man-pages/man7/sched.7.html
"""

type Handler = Callable[[Any, Any], Any]


class BrokenOnPurpose(Exception):
    """The fault `throws`."""


class _Clock:
    """The clock of this process, which can be put forward or back.

    `datetime` is a type of C, so its method is replaced where it stands: what has imported it
    before sees it too. `libfaketime` would do the same, but is on no bare machine.
    """

    def __init__(self) -> None:
        self._ahead = 0.0
        now, seconds, nanoseconds = datetime.datetime.now, time.time, time.time_ns

        def shifted(tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return now(tz) + datetime.timedelta(seconds=self._ahead)

        (methods,) = gc.get_referents(datetime.datetime.__dict__)
        methods["now"] = staticmethod(shifted)
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
        time.time = lambda: seconds() + self._ahead
        time.time_ns = lambda: nanoseconds() + int(self._ahead * 1e9)

    def put(self, ahead: float) -> None:
        self._ahead = ahead


class _Faulty:
    """The handler of the function, with the faults that its file names: see `faults`."""

    def __init__(self, handler: Handler, file: Path) -> None:
        self._handler = handler
        self._file = file
        self._clock: _Clock | None = None

    def __call__(self, event: Any, context: Any) -> Any:
        words = self._file.read_text().split() if self._file.exists() else []
        if words:
            with Path(f"{self._file}.struck").open("ab") as strikes:
                strikes.write(b"x")
        if words[:1] == ["clock"] or self._clock:
            self._clock = self._clock or _Clock()
            self._clock.put(float(words[1]) if words[:1] == ["clock"] else 0.0)
        if words[:1] in (["throws"], ["hangs"]):
            if int(context.aws_request_id[-1], 16) % 2:
                self._handler(event, context)
            if words[0] == "hangs":
                threading.Event().wait()
            raise BrokenOnPurpose
        return self._handler(event, context)


def _die_with(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    os.nice(_STEP_BACK)
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_die_with, args=(lifeline,), daemon=True).start()

    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    from awslambdaric import bootstrap
    from awslambdaric.__main__ import main as serve

    find: Callable[[str], Handler] = bootstrap._get_handler
    file = Path(os.environ.pop("LOCAL_FAULT_FILE"))
    bootstrap._get_handler = lambda name: _Faulty(find(name), file)
    serve(sys.argv)


if __name__ == "__main__":
    main()
