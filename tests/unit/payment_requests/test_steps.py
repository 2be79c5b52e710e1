"""Reports of a step may come late, twice and out of order."""

from datetime import timedelta
from itertools import permutations
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.api import RequestStatus, StepStatus
from contracts.events import ReportedStatus
from payment_requests.model import PaymentRequest
from tests.builders import NOW, outcome, request

RETRYING: Final = StepStatus.RETRYING
DONE: Final = StepStatus.DONE
FAILED: Final = StepStatus.FAILED
REPORTS: list[ReportedStatus] = [RETRYING, DONE, FAILED]


def after(request: PaymentRequest, *reports: ReportedStatus) -> PaymentRequest:
    for minutes, status in enumerate(reports, start=1):
        request = request.after(outcome(request.id, status, at=NOW + timedelta(minutes=minutes)))
    return request


def sales(request: PaymentRequest) -> StepStatus:
    return request.steps[1].status


def test_a_new_request_has_done_its_owners_step_and_waits_for_the_others() -> None:
    accepted = request(pending=["sales", "communication"])

    assert [(step.service, step.status) for step in accepted.steps] == [
        ("customer", StepStatus.DONE),
        ("sales", StepStatus.PENDING),
        ("communication", StepStatus.PENDING),
    ]
    assert accepted.status is RequestStatus.ACCEPTED


def test_a_request_without_further_steps_is_completed_at_once() -> None:
    assert request(pending=[]).status is RequestStatus.COMPLETED


def test_a_request_is_completed_when_its_last_step_is_done() -> None:
    two = request(pending=["sales", "communication"])
    one_done = two.after(outcome(two.id, DONE, service="sales"))

    assert one_done.status is RequestStatus.ACCEPTED
    assert one_done.after(outcome(two.id, DONE, service="communication")).status is (
        RequestStatus.COMPLETED
    )


def test_one_failed_step_fails_the_request() -> None:
    two = request(pending=["sales", "communication"])

    assert two.after(outcome(two.id, FAILED, service="sales")).status is RequestStatus.FAILED


def test_a_retrying_step_leaves_the_request_accepted() -> None:
    assert after(request(), RETRYING).status is RequestStatus.ACCEPTED


def test_a_report_tells_when_and_what() -> None:
    later = NOW + timedelta(minutes=1)
    reported = request().after(outcome(request().id, RETRYING, at=later, detail="attempt 1 failed"))

    assert (reported.steps[1].at, reported.steps[1].detail) == (later, "attempt 1 failed")


def test_the_same_report_twice_changes_nothing_more() -> None:
    assert after(request(), DONE, DONE) == after(request(), DONE)
    assert after(request(), FAILED, FAILED) == after(request(), FAILED)


@pytest.mark.parametrize("late", REPORTS)
def test_done_is_final(late: ReportedStatus) -> None:
    assert after(request(), DONE, late) == after(request(), DONE)


def test_failed_yields_to_done_because_the_message_was_redriven() -> None:
    assert sales(after(request(), FAILED, DONE)) is DONE


def test_failed_does_not_yield_to_a_late_retry() -> None:
    assert sales(after(request(), FAILED, RETRYING)) is FAILED


@given(st.lists(st.sampled_from(REPORTS), max_size=4))
def test_the_status_does_not_depend_on_the_order_of_the_reports(
    reports: list[ReportedStatus],
) -> None:
    outcomes = {sales(after(request(), *order)) for order in set(permutations(reports))}

    assert len(outcomes) == 1


@given(st.lists(st.sampled_from(REPORTS)))
def test_the_strongest_report_wins(reports: list[ReportedStatus]) -> None:
    strongest = next((s for s in (DONE, FAILED, RETRYING) if s in reports), StepStatus.PENDING)

    assert sales(after(request(), *reports)) is strongest


@given(st.lists(st.sampled_from(REPORTS)), st.lists(st.sampled_from(REPORTS)))
def test_a_completed_request_stays_completed(
    before: list[ReportedStatus], later: list[ReportedStatus]
) -> None:
    completed = after(request(), *before, DONE)

    assert completed.status is RequestStatus.COMPLETED
    assert after(completed, *later).overdue(NOW) == completed


def test_a_report_of_a_service_that_has_no_step_is_an_error() -> None:
    with pytest.raises(ValueError, match="no step of service 'billing'"):
        request().after(outcome(request().id, service="billing"))


def test_after_its_deadline_the_open_steps_have_failed() -> None:
    late = NOW + timedelta(hours=1)
    two = request(pending=["sales", "communication"])
    overdue = two.after(outcome(two.id, DONE, service="sales")).overdue(late)

    assert [step.status for step in overdue.steps] == [DONE, DONE, FAILED]
    assert (overdue.steps[2].at, overdue.steps[2].detail) == (late, "no report within the deadline")


def test_the_client_sees_every_step() -> None:
    view = after(request(), DONE).view()

    assert view.model_dump(mode="json", exclude_none=True) == {
        "requestId": str(request().id),
        "status": "completed",
        "steps": [
            {"service": "customer", "status": "done", "at": "2026-11-03T12:00:00Z"},
            {"service": "sales", "status": "done", "at": "2026-11-03T12:01:00Z"},
        ],
    }
