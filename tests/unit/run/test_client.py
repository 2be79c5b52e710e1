"""Paying a file of premiums, with an API that answers as it is told."""

import threading
from collections.abc import Callable, Sequence

import pytest

from local.paying.client import Outcome, Pace, Result, pay
from local.paying.payments_api import Answer, NoAnswer, PaymentsApi, Unreachable
from local.paying.premiums import BrokenLine, Premium

FAST = Pace(pause_s=0.01, first_poll_s=0.001, longest_poll_s=0.01, deadline_s=10)
ACCEPTED = Answer(202, {"requestId": "r", "status": "accepted"})
COMPLETED = Answer(200, {"requestId": "r", "status": "completed"})


def premium(line: int, policy_id: str = "") -> Premium:
    policy_id = policy_id or f"MOT-{line}"
    return Premium(line, f"key-{line}", policy_id, "C-1", "Ada", "a@b", "1.00", "EUR", "2026-11")


class FakeApi(PaymentsApi):
    """Accepts every premium and completes it at the first poll, unless told otherwise."""

    def __init__(
        self,
        submit: Callable[[Premium], Answer] = lambda premium: ACCEPTED,
        poll: Callable[[], Answer] = lambda: COMPLETED,
    ) -> None:
        self.sent: list[int] = []
        self._submit = submit
        self._poll = poll

    def submit(self, premium: Premium) -> Answer:
        self.sent.append(premium.line)
        return self._submit(premium)

    def poll(self, accepted: Answer, customer_id: str) -> Answer:
        return self._poll()


def paid(
    entries: Sequence[Premium | BrokenLine], api: PaymentsApi, pace: Pace = FAST
) -> dict[int, Result]:
    return {result.line: result for result in pay(entries, api, pace)}


def test_an_accepted_premium_is_followed_until_it_is_completed() -> None:
    polls = iter([ACCEPTED, ACCEPTED, COMPLETED])
    result = paid([premium(2)], FakeApi(poll=lambda: next(polls)))[2]
    assert (result.outcome, result.status) == (Outcome.COMPLETED, 202)
    assert result.answered_s is not None
    assert result.completed_s is not None
    assert result.answered_s <= result.completed_s


def test_a_premium_that_is_completed_already_is_not_polled() -> None:
    def poll() -> Answer:
        pytest.fail("there is nothing to ask for")

    created = Answer(201, {"requestId": "r", "status": "completed"})
    result = paid([premium(2)], FakeApi(lambda _: created, poll))[2]
    assert (result.outcome, result.status) == (Outcome.COMPLETED, 201)
    assert result.completed_s is not None


def test_a_refusal_keeps_its_status_and_reason() -> None:
    refusal = Answer(409, {"title": "Conflict", "status": 409, "detail": "paid already"})
    result = paid([premium(2)], FakeApi(lambda _: refusal))[2]
    assert (result.outcome, result.status, result.reason) == (
        Outcome.REFUSED,
        409,
        "paid already",
    )


def test_a_broken_line_is_refused_and_never_sent() -> None:
    api = FakeApi()
    results = paid([BrokenLine(2, "not CSV"), premium(3)], api)
    assert results[2] == Result(2, Outcome.REFUSED, "not CSV")
    assert results[3].outcome is Outcome.COMPLETED
    assert api.sent == [3]


def test_a_failed_request_names_the_step() -> None:
    steps = [
        {"service": "customer", "status": "done"},
        {"service": "sales", "status": "failed", "detail": "no report within the deadline"},
    ]
    failed = Answer(200, {"status": "failed", "steps": steps})
    result = paid([premium(2)], FakeApi(poll=lambda: failed))[2]
    assert result.outcome is Outcome.FAILED
    assert result.reason == "sales: no report within the deadline"


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_error_of_the_service_leaves_the_outcome_unknown(status: int) -> None:
    result = paid([premium(2)], FakeApi(lambda _: Answer(status, {"detail": "sorry"})))[2]
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, "sorry")


def test_without_an_answer_the_outcome_is_unknown() -> None:
    def submit(premium: Premium) -> Answer:
        raise NoAnswer("no answer: read timed out")

    result = paid([premium(2)], FakeApi(submit))[2]
    assert (result.outcome, result.status) == (Outcome.UNKNOWN, None)


def test_a_poll_without_an_answer_is_repeated() -> None:
    polls = iter([NoAnswer("no answer"), COMPLETED])

    def poll() -> Answer:
        answer = next(polls)
        if isinstance(answer, NoAnswer):
            raise answer
        return answer

    assert paid([premium(2)], FakeApi(poll=poll))[2].outcome is Outcome.COMPLETED


def test_what_is_never_completed_is_given_up_at_the_deadline() -> None:
    impatient = Pace(first_poll_s=0.001, longest_poll_s=0.01, deadline_s=0.05)
    result = paid([premium(2)], FakeApi(poll=lambda: ACCEPTED), impatient)[2]
    assert result.outcome is Outcome.UNKNOWN
    assert result.reason.startswith("not completed after")


def test_nobody_at_the_address_ends_everything() -> None:
    def submit(premium: Premium) -> Answer:
        raise Unreachable("nobody answers at http://localhost")

    with pytest.raises(Unreachable, match="nobody answers"):
        paid([premium(line) for line in range(2, 100)], FakeApi(submit))


def test_lines_of_one_policy_and_period_are_sent_in_the_order_of_the_file() -> None:
    api = FakeApi()
    paid([premium(line, policy_id=f"MOT-{line % 3}") for line in range(2, 60)], api)
    for policy in range(3):
        of_policy = [line for line in api.sent if line % 3 == policy]
        assert of_policy == sorted(of_policy)


def test_whoever_completes_the_premiums_sets_the_pace() -> None:
    """Polls complete one after the other, and more slowly than premiums could be sent."""
    lock, open_, most = threading.Lock(), 0, 0

    def submit(_premium: Premium) -> Answer:
        nonlocal open_, most
        with lock:
            open_ += 1
            most = max(most, open_)
        return ACCEPTED

    def poll() -> Answer:
        nonlocal open_
        with lock:
            open_ -= 1
        return COMPLETED

    pace = Pace(under_way=5, pause_s=60, first_poll_s=0.001, longest_poll_s=0.01)
    results = paid([premium(line) for line in range(2, 102)], FakeApi(submit, poll), pace)
    assert {result.outcome for result in results.values()} == {Outcome.COMPLETED}
    assert most <= 5


def test_a_backlog_pauses_the_senders_but_stops_none_of_them() -> None:
    """Nothing is completed before the last line is sent, far beyond what may be under way."""
    all_sent = threading.Event()

    def submit(premium: Premium) -> Answer:
        if premium.line == 31:
            all_sent.set()
        return ACCEPTED

    api = FakeApi(submit, lambda: COMPLETED if all_sent.is_set() else ACCEPTED)
    pace = Pace(under_way=2, pause_s=0.001, first_poll_s=0.001, longest_poll_s=0.01)
    results = paid([premium(line) for line in range(2, 32)], api, pace)
    assert {result.outcome for result in results.values()} == {Outcome.COMPLETED}
