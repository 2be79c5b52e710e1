"""A queue and those who work on it, first come, first served."""

from collections.abc import Generator
from typing import Any

import simpy

type Process[Result] = Generator[simpy.Event, Any, Result]


class Station:
    """`servers` at once. Counts who is here and for how long, for Little's law to be checked."""

    def __init__(self, environment: simpy.Environment, servers: int | None) -> None:
        self._environment = environment
        self._servers = simpy.Resource(environment, servers) if servers else None
        self._here = 0
        self._changed_at = environment.now
        self.area = 0.0
        """Who was here, integrated over time."""
        self.seconds_here = 0.0
        """Of all who have left."""
        self.left = 0
        self.most_waiting = 0
        self.longest_wait = 0.0

    def serve(self, time: float, patience: float | None = None) -> Process[bool]:
        """Whether there was a server in time; who is served stays to the end."""
        came = self._environment.now
        self._count(+1)
        try:
            if self._servers is None:
                yield self._environment.timeout(time)
                return True
            with self._servers.request() as server:
                self.most_waiting = max(self.most_waiting, len(self._servers.queue))
                if patience is None:
                    yield server
                else:
                    yield server | self._environment.timeout(patience)
                self.longest_wait = max(self.longest_wait, self._environment.now - came)
                if not server.triggered:
                    return False
                yield self._environment.timeout(time)
                return True
        finally:
            self._count(-1)
            self.left += 1
            self.seconds_here += self._environment.now - came

    def _count(self, change: int) -> None:
        now = self._environment.now
        self.area += self._here * (now - self._changed_at)
        self._here += change
        self._changed_at = now
