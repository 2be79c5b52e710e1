"""What happens to the premium that is under way, told to all who listen."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from queue import Queue
from typing import Any, NamedTuple


class Event(NamedTuple):
    id: int
    name: str
    data: Mapping[str, Any]


class Broadcast:
    """Who comes late, or comes again, hears first what was said since the premium set out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = count(1)
        self._said: list[Event] = []
        self._listeners: list[Queue[Event]] = []
        self._is_closed = False

    def begin(self, name: str, data: Mapping[str, Any]) -> None:
        """The first event of a premium: those of the one before are forgotten."""
        with self._lock:
            self._said.clear()
            self._say(name, data)

    def say(self, name: str, data: Mapping[str, Any]) -> None:
        with self._lock:
            self._say(name, data)

    @contextmanager
    def listen(self, after: int = 0) -> Iterator[Queue[Event]]:
        """The queue is shut down when nothing will be said any more.

        `after` is the last event that the listener knows.
        """
        queue: Queue[Event] = Queue()
        with self._lock:
            newest = self._said[-1].id if self._said else 0
            known = after if after <= newest else 0  # it is of another run of the program
            for event in self._said:
                if event.id > known:
                    queue.put(event)
            self._listeners.append(queue)
            if self._is_closed:
                queue.shutdown()
        try:
            yield queue
        finally:
            with self._lock:
                self._listeners.remove(queue)

    @property
    def is_heard(self) -> bool:
        return bool(self._listeners)

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            for queue in self._listeners:
                queue.shutdown(immediate=True)

    def _say(self, name: str, data: Mapping[str, Any]) -> None:
        event = Event(next(self._ids), name, data)
        self._said.append(event)
        if not self._is_closed:
            for queue in self._listeners:
                queue.put(event)
