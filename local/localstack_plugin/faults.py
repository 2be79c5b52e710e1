"""Faults of functions and of the queues they consume, for tests of what then becomes of payments.

A file says so as long as it is there: its name is the function's or the queue's, its content one of

- `throws`: each invocation of the function raises, half of them before their work, half after it;
- `hangs 1`: each hangs, half of them likewise, and is timed out after so many seconds;
- `clock -300`: the function's clock is so many seconds before, or behind;
- `twice`: each batch of the queue is handed over twice, at the same time;
- `shuffled`: batches are waited for, and handed over in no order.

The function's own part is in `function_process`. A file beside it, with the suffix `.struck`, gets
a byte each time.
"""

import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_FOLDER_VARIABLE = "FAULTS_FOLDER"
_UNTIL_THERE_IS_A_BATCH_SECONDS = 0.7

type HandOver = Callable[[Any, list[dict[str, Any]]], None]


def file(name: str) -> Path:
    return Path(os.environ[_FOLDER_VARIABLE]) / name


def of(name: str) -> list[str]:
    """The words of the fault of this function or queue; none where it is sound."""
    try:
        return file(name).read_text().split()
    except FileNotFoundError:
        return []


def note_strike(name: str) -> None:
    with file(f"{name}.struck").open("ab") as strikes:
        strikes.write(b"x")


def seconds_until_timed_out(function: str, timeout: float) -> float:
    match of(function):
        case ["hangs", seconds]:
            return min(timeout, float(seconds))
    return timeout


def gather(queue: str) -> None:
    """Waits where batches are to be shuffled: a message alone has no order."""
    if of(queue) == ["shuffled"]:
        time.sleep(_UNTIL_THERE_IS_A_BATCH_SECONDS)


def handed_over(hand_over: HandOver, queue: str, poller: Any, messages: list[Any]) -> None:
    """Hands the messages over as the queue's fault, if it has one, wants it."""
    match of(queue):
        case ["twice"]:
            note_strike(queue)
            copy = threading.Thread(target=hand_over, args=(poller, list(messages)))
            copy.start()
            hand_over(poller, messages)
            copy.join()
        case ["shuffled"]:
            note_strike(queue)
            hand_over(poller, random.sample(messages, len(messages)))
        case _:
            hand_over(poller, messages)
