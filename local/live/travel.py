"""A premium on its way through one variant: what its client sees, and what the services log."""

import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from time import monotonic
from typing import Protocol, override
from uuid import UUID

from local.issuer import Issuer
from local.live.story import Kind, Step, told
from local.paths import ROOT
from local.paying.client import Outcome, Pace, Result, pay
from local.paying.payments_api import Answer, PaymentsApi, Unreachable
from local.paying.premiums import Premium
from operations.logs import lines, log_groups
from operations.stack import Stack

CLIENT = "client"
_PACE = Pace(senders=1)
_AFTERWARDS_S = 1.0
"""For so long the log is read when the client knows the outcome: a function's lines come to light
when its invocation ends."""


class Log(Protocol):
    """Where the services of a stack tell of a request."""

    def steps(self, request: UUID, since: datetime) -> list[Step]:
        """All so far, in any order."""


class StackLog:
    """The logs of those functions of a stack that every payment passes.

    Those that a schedule starts come after failures only, and each log that is read costs the local
    cloud time, which the payment needs.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def steps(self, request: UUID, since: datetime) -> list[Step]:
        found = lines(self._stack, self._groups, since, str(request))
        return [step for line in found if (step := told(line))]

    @cached_property
    def _groups(self) -> dict[str, str]:
        functions = [
            name
            for name in self._stack.of_type("AWS::Lambda::Function")
            if name.endswith(("ApiFunction", "ConsumerFunction")) and not name.startswith("Audit")
        ]
        return {name: log_groups(self._stack, name)[name] for name in functions}


class Travel:
    """Begins at once; `look` tells the steps that have been logged since the last look."""

    def __init__(
        self,
        premium: Premium,
        request: UUID,
        url: str,
        issuer: Issuer,
        log: Log,
        tell: Callable[[Step], None],
    ) -> None:
        self._request = request
        self._log = log
        self._tell = tell
        self._told: set[Step] = set()
        self._began = datetime.now(UTC)
        self._known_at: float | None = None
        arguments = (premium, url, issuer)
        # A daemon: whoever stops the program does not wait for an answer that is under way.
        threading.Thread(target=self._be_client, args=arguments, daemon=True).start()

    def look(self, *, read: bool = True) -> bool:
        """Whether it is worth looking again."""
        is_last = self._known_at is not None and monotonic() > self._known_at + _AFTERWARDS_S
        steps = self._log.steps(self._request, self._began) if read else []
        # Those of one millisecond stay in the order in which they were logged.
        for step in sorted(steps, key=lambda step: step.at):
            if step not in self._told:
                self._told.add(step)
                self._tell(step)
        return not is_last

    def _be_client(self, premium: Premium, url: str, issuer: Issuer) -> None:
        self._say(Kind.SENT, "sends the payment")
        try:
            with _Telling(url, issuer, self._say) as api:
                for result in pay([premium], api, _PACE):
                    self._end(result)
        except Unreachable as error:
            self._say(Kind.FAILED, str(error))
        finally:
            self._known_at = monotonic()

    def _end(self, result: Result) -> None:
        match result.outcome:
            case Outcome.COMPLETED if result.status == 202:
                self._say(Kind.COMPLETED, "hears, by asking again, that it is completed")
            case Outcome.FAILED | Outcome.UNKNOWN:
                self._say(Kind.FAILED, f"hears that it is {result.outcome}: {result.reason}")

    def _say(self, kind: Kind, what: str, status: int | None = None) -> None:
        self._tell(Step(datetime.now(UTC), CLIENT, kind, what, status=status))


class _Telling(PaymentsApi):
    """Tells of the answer."""

    def __init__(self, url: str, issuer: Issuer, say: Callable[[Kind, str, int], None]) -> None:
        super().__init__(url, issuer.token)
        self._say = say

    @override
    def submit(self, premium: Premium) -> Answer:
        answer = super().submit(premium)
        match answer.state:
            case None:
                told = Kind.FAILED, f"is refused: {answer.reason}"
            case "completed":
                told = Kind.ANSWERED, "is answered: every step is done"
            case _:
                told = Kind.ANSWERED, "is answered: accepted, ask later"
        self._say(*told, answer.status)
        return answer


def request_of(premium: Premium) -> UUID:
    """As the services make it, so that their lines are found before the client has its answer."""
    source = str(ROOT / "src")
    if source not in sys.path:
        sys.path.append(source)
    from payment_requests.model import request_id

    return request_id(premium.customer_id, premium.idempotency_key)
