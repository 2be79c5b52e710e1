"""A client that pays a file of premiums: it sends each and follows it until it is completed."""

import heapq
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count
from queue import Queue, ShutDown
from random import uniform
from time import monotonic

from local.paying.payments_api import Answer, NoAnswer, PaymentsApi
from local.paying.premiums import BrokenLine, Premium


@dataclass(frozen=True)
class Pace:
    """How hard a client works; the default is what one LocalStack bears well."""

    senders: int = 3
    pollers: int = 1
    under_way: int = 20
    """With so many sent and not completed, each sender pauses before it sends one more."""
    pause_s: float = 1.0
    first_poll_s: float = 0.5
    longest_poll_s: float = 5.0
    deadline_s: float = 120.0
    """A premium that is not completed after that time is given up as unknown."""


class Outcome(StrEnum):
    COMPLETED = "completed"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"  # as far as the client can tell: sent again, the line will find out


@dataclass(frozen=True)
class Result:
    """What became of one line. Times are seconds since the first attempt to send it."""

    line: int
    outcome: Outcome
    reason: str = ""
    status: int | None = None
    answered_s: float | None = None
    completed_s: float | None = None


def pay(
    entries: Sequence[Premium | BrokenLine],
    api: PaymentsApi,
    pace: Pace = Pace(),
) -> Iterator[Result]:
    """Pays the premiums and yields what became of each line as soon as that is known.

    Lines of the same policy and period are sent one after the other, in the file's order. Polls
    have threads of their own, so that neither they nor the lines to be sent hold up the other.
    Whoever completes the premiums sets the pace, but a backlog stops nobody.
    Raises `Unreachable` when there is nobody at the API's address.
    """
    run = _Run(api, pace)
    run.add(entries)
    run.start()
    try:
        for _ in entries:
            yield run.next_result()
    finally:
        run.stop()


@dataclass
class _Accepted:
    """A premium that is followed until it is completed."""

    premium: Premium
    answer: Answer
    sent: float
    answered_s: float
    polls: int = 0

    def next_poll(self, pace: Pace, retry_after_s: float) -> float:
        delay_s = min(pace.first_poll_s * 1.5**self.polls, pace.longest_poll_s)
        self.polls += 1
        return monotonic() + max(uniform(0.8, 1.2) * delay_s, retry_after_s)


class _UnderWay:
    """How many premiums are sent and not completed."""

    def __init__(self) -> None:
        self._count = 0
        self._ended = threading.Condition()

    def begin(self, pace: Pace) -> None:
        """One more, after a pause if they are too many."""
        with self._ended:
            self._ended.wait_for(lambda: self._count < pace.under_way, pace.pause_s)
            self._count += 1

    def end(self) -> None:
        with self._ended:
            self._count -= 1
            self._ended.notify()


class _Agenda:
    """Accepted premiums, each handed out when the time of its next poll has come."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, _Accepted]] = []
        self._order = count()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, poll_at: float, accepted: _Accepted) -> None:
        with self._changed:
            heapq.heappush(self._heap, (poll_at, next(self._order), accepted))
            self._changed.notify()

    def get(self) -> _Accepted:
        """Raises `queue.ShutDown` once the agenda is closed."""
        with self._changed:
            while not self._closed:
                due_in = self._heap[0][0] - monotonic() if self._heap else None
                if due_in is not None and due_in <= 0:
                    return heapq.heappop(self._heap)[-1]
                self._changed.wait(due_in)
            raise ShutDown

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class _Run:
    def __init__(self, api: PaymentsApi, pace: Pace) -> None:
        self._api = api
        self._pace = pace
        self._under_way = _UnderWay()
        self._to_send: Queue[list[Premium]] = Queue()
        self._to_poll = _Agenda()
        self._results: Queue[Result | Exception] = Queue()

    def add(self, entries: Iterable[Premium | BrokenLine]) -> None:
        groups: defaultdict[tuple[str, str], list[Premium]] = defaultdict(list)
        for entry in entries:
            if isinstance(entry, Premium):
                groups[entry.policy_id, entry.period].append(entry)
            else:
                self._results.put(Result(entry.line, Outcome.REFUSED, entry.reason))
        for group in groups.values():
            self._to_send.put(group)

    def start(self) -> None:
        for work, threads in (
            (self._send_next, self._pace.senders),
            (self._poll_next, self._pace.pollers),
        ):
            for _ in range(threads):
                # Daemons: whoever stops the run does not wait for an answer that is under way.
                threading.Thread(target=self._repeat, args=(work,), daemon=True).start()

    def stop(self) -> None:
        self._to_send.shutdown(immediate=True)
        self._to_poll.close()

    def next_result(self) -> Result:
        result = self._results.get()
        if isinstance(result, Exception):
            raise result
        return result

    def _repeat(self, work: Callable[[], None]) -> None:
        try:
            while True:
                work()
        except ShutDown:
            pass
        except Exception as error:  # noqa: BLE001 - raised again where results are read
            self._results.put(error)

    def _send_next(self) -> None:
        for premium in self._to_send.get():
            self._under_way.begin(self._pace)
            sent = monotonic()
            try:
                answer = self._api.submit(premium)
            except NoAnswer as error:
                self._end(Result(premium.line, Outcome.UNKNOWN, str(error)))
                continue
            answered_s = monotonic() - sent
            if answer.state is not None:
                self._follow(_Accepted(premium, answer, sent, answered_s), answer)
            else:
                outcome = Outcome.REFUSED if answer.refused else Outcome.UNKNOWN
                self._end(Result(premium.line, outcome, answer.reason, answer.status, answered_s))

    def _poll_next(self) -> None:
        accepted = self._to_poll.get()
        try:
            answer = self._api.poll(accepted.answer, accepted.premium.customer_id)
        except NoAnswer:
            answer = accepted.answer
        self._follow(accepted, answer)

    def _follow(self, accepted: _Accepted, answer: Answer) -> None:
        age = monotonic() - accepted.sent
        so_far = Result(
            accepted.premium.line,
            Outcome.UNKNOWN,
            status=accepted.answer.status,
            answered_s=accepted.answered_s,
        )
        if answer.state == "completed":
            self._end(replace(so_far, outcome=Outcome.COMPLETED, completed_s=age))
        elif answer.state == "failed":
            self._end(replace(so_far, outcome=Outcome.FAILED, reason=answer.reason))
        elif age > self._pace.deadline_s:
            self._end(replace(so_far, reason=f"not completed after {age:.0f} s"))
        else:
            self._to_poll.put(accepted.next_poll(self._pace, answer.retry_after_s), accepted)

    def _end(self, result: Result) -> None:
        self._under_way.end()
        self._results.put(result)
