"""TCP ports that this user's running clouds share out among themselves."""

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.servers.process import CannotStart

# Of all checkouts of this user: a lock in one would not keep another from the port.
_LOCKS = Path(tempfile.gettempdir()) / f"local-cloud-ports-{os.getuid()}"
_ATTEMPTS = 100


@contextmanager
def claim(first: int) -> Iterator[int]:
    """The lowest free port from `first` up, kept from other clouds until the end of the block."""
    for port in range(first, first + _ATTEMPTS):
        with try_claim(port) as claimed:
            if claimed and _is_free(port):
                yield port
                return
    raise CannotStart(f"no free port between {first} and {first + _ATTEMPTS - 1}")


@contextmanager
def try_claim(port: int) -> Iterator[bool]:
    """Whether the port was unclaimed; if so it is claimed until the end of the block.

    A claim is a lock on a file, so it ends with the process that holds it, however that dies.
    """
    _LOCKS.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(_LOCKS / str(port), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _is_free(port: int) -> bool:
    # As servers do, reuse an address whose old connections are still in TIME_WAIT.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
