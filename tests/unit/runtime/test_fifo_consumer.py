"""A FIFO queue: each group in order, and a poison message holds up its own group alone."""

from collections import Counter
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.api import StepStatus
from runtime import aws
from runtime.errors import StepFailed
from tests.builders import LambdaContext, sqs_record
from tests.fakes import FakeSqs
from tests.unit.runtime.steps import MAX_RECEIVE_COUNT, Work, record, reports, step

pytestmark = pytest.mark.usefixtures("log")


def ids(*records: dict[str, Any]) -> list[str]:
    return [each["messageId"] for each in records]


def test_a_message_that_fails_holds_up_its_group_and_no_other(sqs: FakeSqs) -> None:
    poison, behind, other = uuid4(), uuid4(), uuid4()
    work = Work(poison)
    first, second = record(poison, group="a"), record(behind, group="a")

    assert step(work, first, record(other, group="b"), second) == ids(first, second)
    assert work.seen == [poison, other]


@pytest.mark.parametrize("poison", ["{", "[]", ""])
def test_a_message_that_nobody_can_read_holds_up_its_group_and_no_other(
    sqs: FakeSqs, poison: str
) -> None:
    work, other = Work(), uuid4()
    unread, behind = sqs_record(poison, group="a"), record(group="a")

    assert step(work, unread, behind, record(other, group="b")) == ids(unread, behind)
    assert work.seen == [other]


def test_what_was_held_up_was_not_tried_and_is_not_reported(sqs: FakeSqs) -> None:
    poison = uuid4()

    step(Work(poison), record(poison, group="a"), record(group="a"))

    (report,) = reports(sqs)
    assert (report.data.request_id, report.data.status) == (poison, StepStatus.RETRYING)


def test_a_group_comes_back_together(sqs: FakeSqs) -> None:
    poison = uuid4()
    held_up = [record(group="a", receives=receives) for receives in (4, 3, 1, 1)]
    other, fails = uuid4(), record(poison, group="a", receives=4)

    step(Work(poison, other), fails, *held_up, record(other, group="b"))

    delays = {sqs.visibility[each["receiptHandle"]] for each in (fails, *held_up)}
    assert len(delays) == 1
    assert 16 <= delays.pop() <= 32  # of the fourth attempt
    assert sorted(sqs.visibility.values())[0] <= 4  # of the other group's first


@pytest.mark.parametrize("receives", [5, 4, 1])
def test_when_a_message_has_failed_for_the_last_time_its_group_goes_on(
    sqs: FakeSqs, receives: int
) -> None:
    poison, behind = uuid4(), [uuid4(), uuid4()]
    last = record(poison, group="a", receives=5)

    again = step(Work(poison), last, *(record(id, group="a", receives=receives) for id in behind))

    assert again == ids(last)
    assert {report.data.request_id: report.data.status for report in reports(sqs)} == {
        poison: StepStatus.FAILED,
        behind[0]: StepStatus.DONE,
        behind[1]: StepStatus.DONE,
    }
    assert sqs.visibility == {last["receiptHandle"]: 0}


def test_the_next_that_fails_holds_up_the_rest(sqs: FakeSqs) -> None:
    poison, fails, behind = uuid4(), uuid4(), uuid4()
    work = Work(poison, fails)
    last = record(poison, group="a", receives=5)
    second, third = (record(id, group="a", receives=3) for id in (fails, behind))

    assert step(work, last, second, third) == ids(last, second, third)
    assert work.seen == [poison, fails]
    assert sqs.visibility[last["receiptHandle"]] == 0
    assert sqs.visibility[second["receiptHandle"]] == sqs.visibility[third["receiptHandle"]] > 0


def test_a_group_never_gets_ahead_of_one_that_comes_again(sqs: FakeSqs) -> None:
    fails, work = uuid4(), Work()
    work.fails = (fails,)
    first, second = record(fails, group="a"), record(group="a", receives=MAX_RECEIVE_COUNT)

    assert step(work, first, second) == ids(first, second)
    assert work.seen == [fails]


@pytest.mark.parametrize("receives", [1, 5])
def test_when_there_is_no_time_for_a_message_the_rest_of_its_group_is_not_begun(
    sqs: FakeSqs, receives: int
) -> None:
    class LongPause(LambdaContext):
        """There is time again for the third, as if the clock were set."""

        def __init__(self) -> None:
            super().__init__()
            self._left = iter((30_000, 15_000, 30_000))

        def get_remaining_time_in_millis(self) -> int:
            return next(self._left)

    first, work = uuid4(), Work()
    rest = [record(group="a", receives=receives) for _ in range(2)]

    assert step(work, record(first, group="a"), *rest, context=LongPause()) == ids(*rest)
    assert work.seen == [first]


def test_who_is_not_begun_at_its_last_receive_takes_along_nobody_with_receives_left(
    sqs: FakeSqs,
) -> None:
    last, behind = (record(group="a", receives=receives) for receives in (5, 2))

    assert step(Work(), last, behind, context=LambdaContext(15_000)) == ids(last, behind)
    assert sqs.visibility[last["receiptHandle"]] == 0
    assert sqs.visibility[behind["receiptHandle"]] > 0


def test_the_group_that_was_received_most_often_is_begun_first_and_in_its_order(
    sqs: FakeSqs,
) -> None:
    """Of what is received for the last time, nobody who waits behind it may run out of time."""
    work, first, second = Work(), [uuid4() for _ in range(2)], [uuid4() for _ in range(3)]
    batch = [record(first[0], group="a", receives=2), record(second[0], group="b", receives=5)]
    batch += [record(second[1], group="b", receives=1), record(first[1], group="a", receives=2)]
    batch += [record(second[2], group="b", receives=4)]

    assert step(work, *batch) == []
    assert work.seen == [*second, *first]


def test_a_step_that_failed_for_good_holds_up_nobody(sqs: FakeSqs) -> None:
    refused, behind = uuid4(), uuid4()
    work = Work(refused, error=StepFailed("the address was refused"))

    assert step(work, record(refused, group="a"), record(behind, group="a")) == []
    assert work.seen == [refused, behind]


def test_groups_of_a_standard_queue_wait_for_nobody(sqs: FakeSqs) -> None:
    """There a group is about fairness, not about order."""
    poison, behind = uuid4(), uuid4()
    work, records = Work(poison), [record(id, group="a") for id in (poison, behind)]
    for each in records:
        each["eventSourceARN"] = each["eventSourceARN"].removesuffix(".fifo")

    assert step(work, *records) == ids(records[0])
    assert work.seen == [poison, behind]


class FifoQueue:
    """What SQS does with a FIFO queue whose back-offs are over."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, UUID]] = []
        self.dead: list[UUID] = []
        self.done: list[UUID] = []
        self._received: Counter[UUID] = Counter()

    def hand_over(self, most: int, work: Work) -> None:
        """Gives a batch to the step, and deletes what it does not ask for again."""
        batch: dict[UUID, dict[str, Any]] = {}
        for group, request_id in self.waiting:
            receives = self._received[request_id] + 1
            if receives > MAX_RECEIVE_COUNT:
                self.dead.append(request_id)
            elif len(batch) < most:
                self._received[request_id] = receives
                batch[request_id] = record(request_id, group=group, receives=receives)
        again = step(work, *batch.values()) if batch else []
        self.done += [id for id in work.seen if id in batch and batch[id]["messageId"] not in again]
        gone = {*self.dead, *self.done}
        self.waiting = [(group, id) for group, id in self.waiting if id not in gone]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.booleans(), st.integers(0, 6)), max_size=14),
    st.integers(1, 10),
)
def test_poison_alone_is_dead_lettered_and_each_group_is_done_in_order(
    messages: list[tuple[str, bool, int]], batch_size: int
) -> None:
    """A message is: its group, whether it is poison, and the round in which it arrives."""
    arrivals = sorted(
        (arrives, group, uuid4(), is_poison) for group, is_poison, arrives in messages
    )
    poison = [id for _, _, id, is_poison in arrivals if is_poison]
    work, queue, sqs = Work(*poison), FifoQueue(), FakeSqs()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws, "sqs", lambda: sqs)
        for turn in count():
            queue.waiting += [(group, id) for arrives, group, id, _ in arrivals if arrives == turn]
            if turn > 6 and not queue.waiting:
                break
            queue.hand_over(batch_size, work)

    assert sorted(queue.dead) == sorted(poison)
    for name in "ab":
        good = [id for _, group, id, is_poison in arrivals if group == name and not is_poison]
        assert [id for id in queue.done if id in good] == good
