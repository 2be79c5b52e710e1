"""Runs a server for as long as its owner lives: `python guard.py SIGNAL GRACE USER COMMAND...`.

The owner holds the other end of standard input. When it closes that, or dies of whatever cause
(`kill -9` included), the server gets SIGNAL, and after GRACE seconds SIGKILL with its whole process
group. USER is the account the server runs as; empty means the owner's. This file is run as a
program of its own, so it imports nothing of the project.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress


def main(stop_signal: str, grace: str, user: str, *command: str) -> int:
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        user=user or None,
        group=_primary_group(user) if user else None,
        extra_groups=[] if user else None,
    )

    def stop() -> None:
        server.send_signal(signal.Signals[stop_signal])
        try:
            server.wait(float(grace))
        except subprocess.TimeoutExpired:
            _kill_group(server.pid)

    def stop_with_owner() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        stop()

    # The owner decides, so a Ctrl-C in its terminal does not end the guard before the server.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=stop, daemon=True).start())
    threading.Thread(target=stop_with_owner, daemon=True).start()
    status = server.wait()
    _kill_group(server.pid)
    return status if status >= 0 else 128 - status


def _primary_group(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
