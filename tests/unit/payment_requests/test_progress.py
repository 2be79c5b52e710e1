"""What becomes of a request is counted once, and told under the request's id."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import pairwise

import pytest

from contracts.api import StepStatus
from payment_requests.model import Change, PaymentRequest
from payment_requests.progress import tell, tell_refused
from payment_requests.service import report, sweep
from tests.builders import outcome, request
from tests.fakes import MemoryRequests
from tests.lines import about, counted, parsed

type Output = pytest.CaptureFixture[str]

FAILED, RETRYING = StepStatus.FAILED, StepStatus.RETRYING


@pytest.fixture
def accepted() -> PaymentRequest:
    """Five seconds ago."""
    return request(now=datetime.now(UTC) - timedelta(seconds=5), pending=["sales", "communication"])


def test_a_new_request_is_accepted_with_the_steps_that_are_done_by_that(
    accepted: PaymentRequest, capsys: Output
) -> None:
    tell(Change(None, accepted))

    assert counted(capsys.readouterr().out) == ["PaymentsAccepted", "StepsDone customer"]


def test_each_step_is_counted_and_so_is_the_last_for_the_payment(
    accepted: PaymentRequest, capsys: Output
) -> None:
    store = MemoryRequests(accepted)
    for service in ("sales", "communication"):
        change = report(outcome(accepted.id, service=service), store)
        assert change
        tell(change)

    steps = ["StepsDone sales", "StepsDone communication"]
    assert counted(capsys.readouterr().out) == [*steps, "PaymentsCompleted", "TimeToCompletion"]


def test_a_request_that_is_completed_at_once_is_all_of_it_at_once(capsys: Output) -> None:
    tell(Change(None, request(now=datetime.now(UTC), pending=[])))

    assert counted(capsys.readouterr().out) == [
        "PaymentsAccepted",
        "StepsDone customer",
        "PaymentsCompleted",
        "TimeToCompletion",
    ]


def test_the_time_to_completion_begins_with_the_acceptance(
    accepted: PaymentRequest, capsys: Output
) -> None:
    completed = accepted
    for service in ("sales", "communication"):
        completed = completed.after(outcome(accepted.id, service=service))

    tell(Change(accepted, completed))

    (milliseconds,) = parsed(capsys.readouterr().out)[-1]["TimeToCompletion"]
    assert 5_000 <= milliseconds < 15_000


def test_every_attempt_that_fails_is_counted_and_the_payment_fails_once(
    accepted: PaymentRequest, capsys: Output
) -> None:
    states = [accepted]
    for status, service, detail in [
        (RETRYING, "sales", "attempt 1 failed"),
        (RETRYING, "sales", "attempt 2 failed"),
        (FAILED, "sales", "attempt 3 failed"),
        (FAILED, "communication", "the address was refused"),
    ]:
        states.append(
            states[-1].after(outcome(accepted.id, status, service=service, detail=detail))
        )
    for before, after in pairwise(states):
        tell(Change(before, after))

    assert counted(capsys.readouterr().out) == [
        "StepsRetrying sales",
        "StepsRetrying sales",
        "StepsFailed sales",
        "PaymentsFailed",
        "StepsFailed communication",
    ]


def test_what_is_redriven_after_it_has_failed_is_completed(capsys: Output) -> None:
    failed = request(now=datetime.now(UTC)).overdue(datetime.now(UTC))

    tell(Change(failed, failed.after(outcome(failed.id))))

    assert counted(capsys.readouterr().out) == [
        "StepsDone sales",
        "PaymentsCompleted",
        "TimeToCompletion",
    ]


def test_the_sweep_fails_each_open_step(accepted: PaymentRequest, capsys: Output) -> None:
    now = datetime.now(UTC)

    for change in sweep(now, now, MemoryRequests(accepted).transaction):
        tell(change)

    assert counted(capsys.readouterr().out) == [
        "StepsFailed sales",
        "StepsFailed communication",
        "PaymentsFailed",
    ]


def test_a_refusal_is_counted_by_its_status(capsys: Output) -> None:
    tell_refused(request().id, HTTPStatus.CONFLICT)

    assert counted(capsys.readouterr().out) == ["PaymentsRefused 409"]


def test_every_line_is_about_the_request_and_says_what_happened_and_why(
    accepted: PaymentRequest, capsys: Output
) -> None:
    failed = accepted.after(outcome(accepted.id, FAILED, detail="the address was refused"))

    tell(Change(accepted, failed))

    lines = parsed(capsys.readouterr().out)
    id = str(accepted.id)
    assert about(lines) == [("step failed", id), ("payment failed", id)]
    assert lines[0]["detail"] == "the address was refused"
