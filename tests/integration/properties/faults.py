"""One fault at a time, wherever a function leaves its process: at a store, a queue, or the mail."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import psycopg
import pytest
from botocore.exceptions import ReadTimeoutError

from runtime.database import Database


class Killed(BaseException):
    """The function's process ends here. No code of its own can catch that."""


def timeout() -> Exception:
    """What a function gets of AWS that does not answer."""
    return ReadTimeoutError(endpoint_url="aws")


class Fault(NamedTuple):
    """What happens at the next border but so many. A call with an effect has two: where it breaks
    before, it was refused, and where it breaks after it, its answer got lost.
    """

    borders: int
    kills: bool


@dataclass
class Faults:
    next: Fault | None = None
    happened: Callable[[], None] = field(default=lambda: None)

    def call[Result](
        self,
        effect: Callable[[], Result],
        broken: Callable[[], Exception] = timeout,
    ) -> Result:
        self.meet(broken)
        result = effect()
        self.meet(broken)
        return result

    def meet(self, broken: Callable[[], Exception]) -> None:
        if self.next is None:
            return
        borders, kills = self.next
        if borders:
            self.next = Fault(borders - 1, kills)
            return
        self.next = None
        self.happened()
        raise Killed if kills else broken()

    def at_commits(self, patch: pytest.MonkeyPatch) -> None:
        """Of the database: before, after, or with an answer that gets lost."""
        transaction = Database.transaction

        def faulty[Result](
            database: Database, work: Callable[[psycopg.Connection], Result]
        ) -> Result:
            def with_fault(connection: psycopg.Connection) -> Result:
                result = work(connection)
                self.meet(psycopg.OperationalError)
                return result

            result = transaction(database, with_fault)
            try:
                self.meet(psycopg.OperationalError)
            except psycopg.OperationalError:
                return transaction(database, work)
            return result

        patch.setattr(Database, "transaction", faulty)
