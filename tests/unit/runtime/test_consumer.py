"""The queue way in: partial batches, outcomes reported back, and no message lost."""

import io
import json
import random
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.api import StepStatus
from contracts.events import PaymentAccepted
from runtime import aws
from runtime.consumer import QueueSettings, consume
from runtime.errors import StepFailed, Unavailable
from tests.builders import LambdaContext, payment_accepted, sqs_event, sqs_record
from tests.fakes import FakeSqs
from tests.unit.runtime.steps import (
    MAX_RECEIVE_COUNT,
    SETTINGS,
    Clock,
    Work,
    failures,
    record,
    reports,
    step,
)

POISON = {
    "not JSON": "{",
    "not an object": "[]",
    "empty": "",
    "unknown version": payment_accepted().model_dump_json().replace("accepted.v1", "accepted.v2"),
    "no data": json.dumps({"type": "payment.accepted.v1"}),
}


def received(message: dict[str, Any], *, times: int) -> dict[str, Any]:
    """The same message, as SQS hands it over for the so manieth time."""
    count = {"ApproximateReceiveCount": str(times)}
    return message | {"attributes": message["attributes"] | count}


def test_every_message_of_a_batch_is_worked_on(sqs: FakeSqs) -> None:
    work, ids = Work(), [uuid4() for _ in range(3)]

    assert step(work, *map(record, ids)) == []
    assert work.seen == ids


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_a_poison_message_delays_none_of_the_good_ones(
    sqs: FakeSqs, log: io.StringIO, poison: str
) -> None:
    work, bad = Work(), sqs_record(poison)
    good = [record(), record()]

    assert step(work, good[0], bad, good[1]) == [bad["messageId"]]
    assert len(work.seen) == 2
    assert list(sqs.visibility) == [bad["receiptHandle"]]


def test_a_batch_of_nothing_but_failures_is_still_a_partial_answer(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    bad = [sqs_record("{"), sqs_record("[]")]

    assert step(Work(), *bad) == [b["messageId"] for b in bad]


def test_done_is_reported_to_the_owner_of_the_request(sqs: FakeSqs) -> None:
    request_id = uuid4()

    step(Work(), record(request_id))

    (report,) = reports(sqs)
    assert report.source == report.data.service == "sales"
    assert report.partitionkey == str(request_id)
    assert (report.data.request_id, report.data.status) == (request_id, StepStatus.DONE)
    assert report.data.detail is None


@pytest.mark.parametrize("receives", [1, 4])
def test_a_failure_is_reported_as_retrying_and_comes_back_sooner(
    sqs: FakeSqs, log: io.StringIO, receives: int
) -> None:
    request_id = uuid4()
    failing = record(request_id, receives=receives)

    assert step(Work(request_id), failing) == [failing["messageId"]]
    (report,) = reports(sqs)
    assert report.data.status is StepStatus.RETRYING
    assert report.data.detail == f"attempt {receives} failed"
    assert list(sqs.visibility) == [failing["receiptHandle"]]


@pytest.mark.parametrize("receives", [5, 6])
def test_the_last_attempt_reports_the_step_as_failed(
    sqs: FakeSqs, log: io.StringIO, receives: int
) -> None:
    request_id = uuid4()

    assert step(Work(request_id), record(request_id, receives=receives))
    assert [report.data.status for report in reports(sqs)] == [StepStatus.FAILED]


def test_a_last_attempt_that_succeeds_is_done(sqs: FakeSqs) -> None:
    assert step(Work(), record(receives=5)) == []
    assert [report.data.status for report in reports(sqs)] == [StepStatus.DONE]


def test_after_the_last_attempt_the_dead_letter_queue_need_not_wait(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    request_id = uuid4()
    failing, last = record(request_id), record(request_id, receives=5)

    step(Work(request_id), failing, last)

    assert sqs.visibility[failing["receiptHandle"]] > 0
    assert sqs.visibility[last["receiptHandle"]] == 0
    assert sqs.batches == [2, 2]  # the reports, and one call for both


def test_a_step_that_failed_for_good_says_why_and_its_message_is_done(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    request_id = uuid4()
    why = "the address was refused"

    assert step(Work(request_id, error=StepFailed(why)), record(request_id), record()) == []
    failed, done = reports(sqs)
    assert (failed.data.request_id, failed.data.status) == (request_id, StepStatus.FAILED)
    assert failed.data.detail == why
    assert done.data.status is StepStatus.DONE
    assert why in log.getvalue()


def test_a_long_reason_is_cut_to_what_a_report_holds(sqs: FakeSqs, log: io.StringIO) -> None:
    request_id = uuid4()

    step(Work(request_id, error=StepFailed("no" * 500)), record(request_id))

    (report,) = reports(sqs)
    assert report.data.detail == "no" * 250


def test_a_step_whose_failure_could_not_be_reported_comes_again(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    request_id = uuid4()
    work, failed = Work(request_id, error=StepFailed("no address")), record(request_id)
    sqs.refuses = lambda body: True

    assert step(work, failed) == [failed["messageId"]]


def test_a_duplicate_and_a_later_attempt_repeat_the_report_that_the_work_is_done(
    sqs: FakeSqs,
) -> None:
    request_id = uuid4()
    message = record(request_id)
    step(Work(), message)
    step(Work(), received(message, times=2))
    step(Work(), record(request_id))

    assert [report.data.status for report in reports(sqs)] == [StepStatus.DONE] * 3
    assert len({report.id for report in reports(sqs)}) == 1


@pytest.mark.parametrize("error", [None, StepFailed("the address was refused")], ids=str)
def test_every_attempt_that_fails_is_a_report_of_its_own_also_after_a_redrive(
    sqs: FakeSqs, log: io.StringIO, error: Exception | None
) -> None:
    request_id = uuid4()
    redriven = record(request_id)  # which SQS gives another id, and counts anew
    rounds = [
        received(message, times=count)
        for message in (record(request_id), redriven)
        for count in (1, 2, MAX_RECEIVE_COUNT)
    ]

    for message in rounds:
        step(Work(request_id, error=error), message)

    assert len({report.id for report in reports(sqs)}) == len(rounds)


def test_work_that_is_done_but_unreported_counts_as_failed(sqs: FakeSqs, log: io.StringIO) -> None:
    unreported, good = uuid4(), uuid4()
    sqs.refuses = lambda body: str(unreported) in body
    lost = record(unreported)

    assert step(Work(), lost, record(good)) == [lost["messageId"]]
    assert [report.data.request_id for report in reports(sqs)] == [good]


def test_while_the_outcomes_queue_is_down_every_message_comes_again(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    sqs.is_down = True
    records = [record(), record()]

    assert step(Work(), *records) == [r["messageId"] for r in records]


def test_a_message_that_failed_and_could_not_be_reported_is_asked_for_once(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    request_id = uuid4()
    sqs.refuses = lambda body: True
    failing = record(request_id)

    assert step(Work(request_id), failing) == [failing["messageId"]]


def test_a_step_whose_work_is_killed_reports_nothing(sqs: FakeSqs) -> None:
    class Killed(BaseException):
        pass

    def killed(_: PaymentAccepted) -> None:
        raise Killed

    with pytest.raises(Killed):
        step(killed, record())
    assert reports(sqs) == []


def test_messages_without_a_step_are_not_reported(sqs: FakeSqs, log: io.StringIO) -> None:
    settings = QueueSettings.model_validate(SETTINGS.model_dump(by_alias=True))
    failing, good = record(), record()
    request_id = UUID(json.loads(failing["body"])["data"]["requestId"])

    answer = consume(
        sqs_event(failing, good), LambdaContext(), PaymentAccepted, Work(request_id), settings
    )

    assert failures(answer) == [failing["messageId"]]
    assert list(sqs.visibility) == [failing["receiptHandle"]]
    assert sqs.sent == []


def test_failures_are_logged_with_their_reason(sqs: FakeSqs, log: io.StringIO) -> None:
    request_id = uuid4()
    step(Work(request_id), record(request_id))

    assert "the store does not answer" in log.getvalue()


@pytest.mark.parametrize("hint", ['"email":"ada@example.com"', '"name":"Lovelace"'])
def test_a_poison_message_with_personal_data_leaves_none_of_it_in_the_log(
    sqs: FakeSqs, log: io.StringIO, hint: str
) -> None:
    broken = payment_accepted().model_dump_json()
    step(
        Work(),
        sqs_record("{" + hint),
        sqs_record("{" + hint + "}"),
        sqs_record(broken.replace('"P-1"', "{" + hint + "}")),
    )

    assert "a message failed" in log.getvalue()
    assert "ada@example.com" not in log.getvalue()
    assert "Lovelace" not in log.getvalue()


def test_what_cannot_be_done_in_time_is_not_begun_and_comes_again(
    sqs: FakeSqs, log: io.StringIO
) -> None:
    work, records = Work(), [record(uuid4()) for _ in range(2)]

    again = step(work, *records, context=LambdaContext(15_000))

    assert again == [each["messageId"] for each in records]
    assert work.seen == []
    assert sqs.sent == []
    assert "a message was not begun" in log.getvalue()


@pytest.mark.parametrize("left", range(8_000, 31_000, 2_000))
def test_an_invocation_whose_last_calls_all_hang_ends_in_time(
    monkeypatch: pytest.MonkeyPatch, log: io.StringIO, left: int
) -> None:
    clock = Clock(left)

    class Hanging(FakeSqs):
        def _called(self, operation: str, entries: list[dict[str, Any]]) -> None:
            clock.spend(6_000)  # the most, by test_aws.py
            super()._called(operation, entries)

    def hangs(_: PaymentAccepted) -> None:
        clock.spend(7_000)  # by test_database_connection.py
        raise Unavailable("the database did not answer")

    sqs = Hanging()
    sqs.is_down = True
    monkeypatch.setattr(aws, "sqs", lambda: sqs)

    records = [record(), record(receives=MAX_RECEIVE_COUNT)]
    assert step(hangs, *records, context=clock) == [each["messageId"] for each in records]
    assert clock.get_remaining_time_in_millis() > 0


def test_what_was_received_most_often_is_begun_first(sqs: FakeSqs) -> None:
    work, ids = Work(), [uuid4() for _ in range(4)]
    records = [record(id, receives=n) for id, n in zip(ids, (1, 5, 3, 5), strict=True)]

    assert step(work, *records) == []
    assert work.seen == [ids[1], ids[3], ids[2], ids[0]]


@pytest.mark.parametrize("each", [1_000, 2_000, 4_000])
def test_no_good_message_of_a_slow_subscriber_is_dead_lettered_without_being_begun(
    sqs: FakeSqs, log: io.StringIO, each: int
) -> None:
    """In the templates' batches; SQS picks, and counts what it hands over."""
    pick, waiting = random.Random(each), dict.fromkeys((uuid4() for _ in range(400)), 0)
    dead = []
    while waiting:
        batch = pick.sample(list(waiting), min(5, len(waiting)))
        records = {}
        for id in batch:
            waiting[id] += 1
            if waiting[id] <= MAX_RECEIVE_COUNT:
                records[id] = record(id, receives=waiting[id])
            else:
                dead.append(id)
        clock = Clock()
        again = step(lambda _: clock.spend(each), *records.values(), context=clock)  # noqa: B023
        for id in batch:
            if id not in records or records[id]["messageId"] not in again:
                del waiting[id]

    assert dead == []
