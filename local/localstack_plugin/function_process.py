"""Runs a function with the runtime interface client: `python -P function_process.py HANDLER`.

Standard input is the lifeline: its other end is held by LocalStack, so it closes when LocalStack
ends, however it ends, and this process then goes with everything it started. Meant for the Python
of the Lambda runtime, so it imports nothing of the project.
"""

import os
import signal
import sys
import threading


def _die_with(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_die_with, args=(lifeline,), daemon=True).start()

    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    from awslambdaric.__main__ import main as serve

    serve(sys.argv)


if __name__ == "__main__":
    main()
