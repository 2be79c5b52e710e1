"""Orders with open steps are resumed until every service has done its part."""

import io
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from types import SimpleNamespace
from uuid import UUID

import pytest

from contracts.api import RequestStatus
from contracts.internal import PaidPremium
from payment_requests.model import UnknownRequest
from payments import resume
from payments.model import NotPaid
from payments.service import RESERVE_SECONDS, receipt
from runtime.errors import NotDone, OutcomeUnknown, Refused, Unavailable
from runtime.logs import correlated, logger
from tests.builders import NOW, LambdaContext, submission
from tests.lines import about, parsed
from tests.unit.payments.conftest import RELAY_AGE, World, statuses


def test_a_step_that_failed_for_a_while_is_done_later(world: World) -> None:
    world.services.fails = {"sales": NotDone(), "communication": OutcomeUnknown()}
    world.pay()
    world.services.fails = {}

    assert world.resume(2 * RELAY_AGE) == (1, 1)
    assert world.order().request.status is RequestStatus.COMPLETED


def test_nothing_is_resumed_while_its_own_invocation_may_still_be_at_it(world: World) -> None:
    world.services.fails = {"customer": OutcomeUnknown()}
    with pytest.raises(Unavailable):
        world.pay()

    assert world.resume(RELAY_AGE - timedelta(seconds=1)) == (0, 0)
    assert world.resume(timedelta(seconds=1))[0] == 1


def test_a_payment_whose_outcome_was_unknown_is_completed_though_nobody_repeats_it(
    world: World,
) -> None:
    world.services.fails = {"customer": OutcomeUnknown()}
    with pytest.raises(Unavailable):
        world.pay()
    world.services.fails = {}

    assert world.resume() == (1, 1)
    assert world.order().request.status is RequestStatus.COMPLETED


@pytest.mark.parametrize("error", [NotDone(), OutcomeUnknown()], ids=["not done", "unknown"])
def test_a_service_that_stays_down_is_asked_less_and_less_often(
    world: World, error: Exception
) -> None:
    world.give_up_after = timedelta(days=1)
    world.services.fails = {"customer": OutcomeUnknown()}
    with pytest.raises(Unavailable):
        world.pay()
    world.services.fails = {"customer": error}

    waits = []
    for _ in range(12):
        resume_at = world.order().resume_at
        assert resume_at is not None
        assert world.resume(resume_at - world.now) == (1, 0)
        later = world.order().resume_at
        assert later is not None
        waits.append(later - world.now)

    assert timedelta(seconds=30) <= waits[0] <= timedelta(seconds=60)
    assert waits[0] < waits[4]
    assert max(waits) <= timedelta(minutes=15)


def test_a_step_that_does_not_succeed_within_the_deadline_has_failed(world: World) -> None:
    world.services.fails = {"sales": NotDone()}
    world.pay()

    assert world.resume(timedelta(minutes=16)) == (1, 1)

    assert statuses(world.order().request)["sales"] == "failed"
    assert world.order().confirmation is None


def test_personal_data_does_not_wait_for_customer_for_ever(world: World) -> None:
    world.services.fails = {"customer": OutcomeUnknown()}
    with pytest.raises(Unavailable):
        world.pay()

    assert world.resume(timedelta(minutes=16)) == (1, 1)

    assert set(statuses(world.order().request).values()) == {"failed"}
    assert world.order().confirmation is None
    assert world.resume(timedelta(days=1)) == (0, 0)


def test_an_order_that_cannot_be_resumed_holds_up_no_other(world: World) -> None:
    world.services.fails = {"sales": NotDone()}
    poison = world.pay("key-1")
    world.now += timedelta(seconds=1)
    world.pay("key-2", submission(period="2026-12"))
    follow_up = world.services.follow_up

    def follow_up_but_one(id: UUID, premium: PaidPremium, deadline: float) -> None:
        if id == poison.id:
            raise ZeroDivisionError
        follow_up(id, premium, deadline)

    world.services.follow_up = follow_up_but_one  # type: ignore[method-assign]
    world.services.fails = {}

    with pytest.raises(ExceptionGroup, match="1 of 2") as failed:
        world.resume(2 * RELAY_AGE)

    assert str(poison.id) in failed.value.exceptions[0].__notes__[0]
    ended = [order for order in world.orders.orders.values() if not order.is_open]
    assert len(ended) == 1
    later = world.orders.orders[poison.id].resume_at
    assert later is not None
    assert later > world.now


def test_each_order_is_resumed_under_its_own_id(world: World, log: io.StringIO) -> None:
    world.services.fails = {"sales": NotDone()}
    ids = [world.pay("key-1").id, world.pay("key-2").id]
    world.services.meanwhile = lambda service: logger.info(service)  # by a thread of the pool
    world.services.fails = {}
    world.resuming = correlated

    assert world.resume(2 * RELAY_AGE) == (2, 2)

    assert sorted(about(parsed(log.getvalue()))) == sorted(("sales", str(id)) for id in ids)


def test_an_order_that_cannot_be_resumed_is_logged_under_its_id(
    world: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.services.fails = {"sales": NotDone()}
    poison = world.pay()
    world.services.fails = {"sales": ZeroDivisionError("here")}
    later = replace(world.order(), resume_at=NOW)
    world.orders.orders[poison.id] = later
    monkeypatch.setattr(resume, "services", lambda: world.services)
    monkeypatch.setattr(resume, "ToldOrders", lambda *_: world.orders)
    monkeypatch.setattr(
        resume,
        "settings",
        lambda: SimpleNamespace(
            orders_table="orders",
            mark_retention_days=1,
            relay_age_seconds=30,
            step_deadline_seconds=900,
        ),
    )

    with pytest.raises(ExceptionGroup):
        resume.handler({}, LambdaContext())  # type: ignore[arg-type]

    (line,) = parsed(log.getvalue())
    assert about([line]) == [("not resumed", str(poison.id))]
    assert "ZeroDivisionError: here" in line["exception"]


def test_calls_end_early_enough_to_note_what_they_brought(world: World) -> None:
    world.services.fails = {"sales": NotDone()}
    world.pay()
    deadlines: list[float] = []
    follow_up = world.services.follow_up

    def noted(id: UUID, premium: PaidPremium, deadline: float) -> None:
        deadlines.append(deadline)
        follow_up(id, premium, deadline)

    world.services.follow_up = noted  # type: ignore[method-assign]
    world.now += 2 * RELAY_AGE
    begun = monotonic()

    world.payments.resume_due(lambda: 10)

    assert begun < deadlines[0] <= monotonic() + 10 - RESERVE_SECONDS


def test_a_payment_that_turns_out_to_be_refused_leaves_no_order(world: World) -> None:
    world.services.fails = {"customer": OutcomeUnknown()}
    with pytest.raises(Unavailable):
        world.pay()
    world.services.fails = {"customer": Refused(409, "paid already")}

    assert world.resume() == (1, 1)
    assert world.orders.orders == {}


def test_no_order_is_begun_when_there_is_no_time_to_end_it(world: World) -> None:
    world.services.fails = {"sales": NotDone()}
    for key in ("key-1", "key-2", "key-3"):
        world.pay(key)
    world.services.fails = {}
    world.now += 2 * RELAY_AGE
    left = iter([20.0, 10.0, 7.9])

    assert world.payments.resume_due(lambda: next(left)) == (3, 2)


def test_a_receipt_is_given_for_a_recorded_payment_to_its_payer_only(world: World) -> None:
    world.services.fails = {"sales": NotDone()}
    request = world.pay()

    found = receipt(request.id, "C-1", world.orders)

    assert (found.policy_id, found.product, str(found.amount)) == ("P-1", "home", "49.90 EUR")
    assert found.recorded_at == world.now
    with pytest.raises(UnknownRequest):
        receipt(request.id, "C-2", world.orders)


def test_there_is_no_receipt_while_the_outcome_is_unknown(world: World) -> None:
    world.services.fails = {"customer": OutcomeUnknown()}
    with pytest.raises(Unavailable):
        world.pay()

    with pytest.raises(NotPaid):
        receipt(world.order().id, "C-1", world.orders)


def test_there_is_no_receipt_for_what_was_given_up(world: World) -> None:
    world.services.fails = {"customer": OutcomeUnknown()}
    with pytest.raises(Unavailable):
        world.pay()
    world.resume(timedelta(minutes=16))

    with pytest.raises(NotPaid):
        receipt(world.order().id, "C-1", world.orders)
