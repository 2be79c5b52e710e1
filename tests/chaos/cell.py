"""A cell of the matrix: payments through a variant while a fault holds, and what became of them."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from time import monotonic
from typing import Any

from local.paths import STATE
from tests.chaos.effects import Counts, depths, effects, left_in_outbox
from tests.chaos.faults import Fault
from tests.chaos.poison import Poison
from tests.chaos.stream import Payment, Stream
from tests.chaos.surge import Surge
from tests.chaos.world import World, new_payments
from tests.eventually import eventually

RECORDINGS = STATE / "chaos"
PAYMENTS = 51
PATIENCE_SECONDS = 120.0
_PATIENCE_FOR_A_MESSAGE_S = 0.1
_ROUND_SECONDS = 0.5
"""Between one look and the next, as each takes time of the cloud that is looked at."""


@dataclass
class Recording:
    """What is told of a cell."""

    variant: str
    fault: str
    meaning: str
    payments: int
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    struck: int = 0
    """How often the fault is known to have hit."""
    answers: dict[str, int] = field(default_factory=dict)
    """How often each status was the answer to a payment's first request."""
    waited_p50_s: float = 0.0
    waited_most_s: float = 0.0
    retries: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    doubled: dict[str, int] = field(default_factory=dict)
    excused: int = 0
    """Of those doubled: mails that SES had taken, and nobody had lived to note it."""
    waited_in: dict[str, int] = field(default_factory=dict)
    """The most that were seen in a queue, or in the outbox."""
    redriven: int = 0
    failed: int = 0
    """Requests that ended so, with a reason."""
    healed_s: float = 0.0
    took_s: float = 0.0
    notes: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def save(self) -> None:
        folder = RECORDINGS / self.variant
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.fault}.json").write_text(json.dumps(asdict(self), indent=1))


def run(world: World, fault: Fault, *, patience_s: float = PATIENCE_SECONDS) -> Recording:
    """What became of payments; nothing is waited for any longer than that."""
    recording = Recording(world.variant, fault.name, fault.meaning, PAYMENTS)
    began = monotonic()
    _Run(world, fault, recording, patience_s).run()
    recording.took_s = round(monotonic() - began, 1)
    return recording


class _Run:
    def __init__(self, world: World, fault: Fault, recording: Recording, patience_s: float) -> None:
        self._patience_s = patience_s
        self._world = world
        self._fault = fault
        self._told = recording
        self._open: set[str] = set()
        self._statuses: dict[str, Any] = {}

    def run(self) -> None:
        if self._fault.backlog is None:
            self._pay()
            return
        surge = Surge(self._world, self._fault.backlog)
        with self._world.aws.rule(surge.meter):
            self._pay(surge)

    def _pay(self, surge: Surge | None = None) -> None:
        payments = new_payments(self._world, PAYMENTS)
        third = len(payments) // 3
        poison = Poison(self._world, self._fault.clients.poison_every)
        stream = Stream(self._fault.clients, poison.beside_a_payment)
        struck = self._world.hits
        stream.send(payments[:third])
        with self._fault.breaks(self._world):
            stream.send(payments[third : 2 * third])
            if surge:
                surge.pile_up()
            self._await_a_hit(struck)
            if not self._fault.is_relay_off:
                self._relay()
            self._look()
        ended = monotonic()
        if self._fault.is_counted:
            self._told.struck = self._world.hits - struck
        stream.send(payments[2 * third :])
        stream.wait()
        self._look()
        self._tell_of_clients(payments)
        self._retry(payments)
        self._open = {str(payment.id) for payment in payments}
        self._await_health(payments, poison)
        self._told.healed_s = round(monotonic() - ended, 1)
        self._check(payments, poison)
        if surge:
            self._told.notes.append(surge.note(self._told.healed_s))
            self._told.violations += surge.violations()

    def _await_a_hit(self, struck: int) -> None:
        """Where functions are slow to start, the fault would else be over before they have."""
        if self._fault.is_counted:
            with suppress(AssertionError):  # the violations tell it
                eventually(lambda: self._world.hits > struck, "the fault has hit", seconds=15)

    def _tell_of_clients(self, payments: Sequence[Payment]) -> None:
        first = [attempt for payment in payments for attempt in payment.attempts]
        self._told.answers = dict(Counter(str(attempt.status) for attempt in first))
        self._told.waited_p50_s = round(median(attempt.seconds for attempt in first), 2)
        self._told.waited_most_s = round(max(attempt.seconds for attempt in first), 2)

    def _retry(self, payments: Sequence[Payment]) -> None:
        """As clients do that got an error: with the same key, until it is no error."""

        def all_accepted() -> bool:
            for payment in payments:
                if not payment.is_accepted:
                    self._told.retries += 1
                    payment.submit(timedelta(hours=1))
            return all(payment.is_accepted for payment in payments)

        with suppress(AssertionError):  # the violations tell it
            eventually(all_accepted, "every payment is accepted", self._patience_s)

    def _await_health(self, payments: Sequence[Payment], poison: Poison) -> None:
        quiet, next_round = 0, monotonic()

        def is_healed() -> bool:
            nonlocal quiet, next_round
            if monotonic() < next_round:
                return False
            next_round = monotonic() + _ROUND_SECONDS
            self._relay()
            if not poison.resting:
                self._redrive()
            is_idle = poison.rests(self._look())
            if is_idle:  # questions would only hold up what is still to be done
                self._poll(payments)
            quiet = quiet + 1 if is_idle and not self._open else 0
            return quiet == 2

        with suppress(AssertionError):
            backlog_s = (self._fault.backlog or 0) * _PATIENCE_FOR_A_MESSAGE_S
            eventually(is_healed, "nothing waits any more", self._patience_s + backlog_s)

    def _relay(self) -> None:
        with suppress(AssertionError):  # it raises where it cannot publish, and then comes again
            self._world.backstage.invoke(self._world.relay)

    def _look(self) -> dict[str, int]:
        """What waits now."""
        waiting = depths(self._world)
        if left := left_in_outbox(self._world) if self._is_database_up() else 0:
            waiting["outbox"] = left
        for name, depth in waiting.items():
            self._told.waited_in[name] = max(depth, self._told.waited_in.get(name, 0))
        return waiting

    def _is_database_up(self) -> bool:
        return self._world.family != "decouple" or self._world.postgres.is_running

    def _redrive(self) -> None:
        """As an operator does who finds dead letters when the fault is mended."""
        for name, depth in depths(self._world).items():
            if name.endswith("DeadLetterQueue"):
                self._told.redriven += depth
                source = name.replace("DeadLetterQueue", "Queue")
                self._world.backstage.redrive(f"{name}Url", f"{source}Url")
                eventually(lambda name=name: name not in depths(self._world), f"{name} is redriven")

    def _poll(self, payments: Sequence[Payment]) -> None:
        for payment in payments:
            id = str(payment.id)
            if id not in self._open:
                continue
            answer = payment.customer.ask(id)
            if answer.status != 200:
                continue
            self._statuses[id] = view = answer.json()
            if view["status"] == "completed":
                self._open.discard(id)

    def _check(self, payments: Sequence[Payment], poison: Poison) -> None:
        say = self._told.violations.append
        if self._fault.is_counted and not self._told.struck:
            say("the fault has hit nothing")
        unaccepted = sum(not payment.is_accepted for payment in payments)
        if unaccepted:
            say(f"{unaccepted} payments could not be retried")
        for effect, counts in effects(self._world, payments).items():
            self._tell_of_effect(effect, counts, say)
        for payment in payments:
            view = self._statuses.get(str(payment.id), {"status": "not found", "steps": []})
            reasons = [step.get("detail") for step in view["steps"] if step["status"] == "failed"]
            if view["status"] == "failed" and reasons and all(reasons):
                self._told.failed += 1
            elif view["status"] != "completed":
                say(f"request {payment.id} is {view['status']}")
        waiting = self._look()
        for name, depth in waiting.items():
            if poison.resting.get(name) != depth:
                say(f"{depth} left in {name}")
        poison.clear()

    def _tell_of_effect(self, effect: str, counts: Counts, say: Callable[[str], None]) -> None:
        self._told.lost[effect], self._told.doubled[effect] = counts.lost, counts.doubled
        if counts.lost:
            say(f"{effect}: {counts.lost} lost")
        self._told.excused += counts.excused
        if counts.doubled > counts.excused:
            say(f"{effect}: {counts.doubled - counts.excused} done twice")
