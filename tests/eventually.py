"""Waiting for what happens in its own time: by asking again, to a deadline."""

import os
import time
from collections.abc import Callable

PATIENCE_SECONDS = float(os.environ.get("TEST_PATIENCE_SECONDS", "60"))


def eventually[Found](
    look: Callable[[], Found | None], what: str, seconds: float = PATIENCE_SECONDS
) -> Found:
    """The first truthy answer; fails with `what` was waited for when the deadline passes."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return found
