"""Paying a premium: Customer first, then Sales and Communication at the same time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from contracts.api import RequestStatus
from contracts.internal import Confirmation, LedgerEntry, PaidPremium
from payment_requests.model import ForeignCustomer, KeyReused, PaymentRequest
from payments.model import NothingRecorded
from runtime.errors import NotDone, OutcomeUnknown, Refused, Unavailable
from tests.builders import submission
from tests.unit.payments.conftest import RELAY_AGE, World, statuses

DOWN = [NotDone("not reached"), OutcomeUnknown("no answer")]


def test_every_service_is_asked_once_for_its_part_and_no_more_than_that(world: World) -> None:
    request = world.pay()

    assert request.status is RequestStatus.COMPLETED
    asked = dict(world.services.asked)
    assert len(world.services.asked) == len(asked) == 3
    assert isinstance(asked["customer"], LedgerEntry)
    assert isinstance(asked["sales"], PaidPremium)
    assert asked["sales"].product == "home"
    assert isinstance(asked["communication"], Confirmation)
    assert "email" not in LedgerEntry.model_fields | PaidPremium.model_fields


def test_customer_is_asked_before_the_others_which_are_asked_at_the_same_time(
    world: World,
) -> None:
    together = Barrier(2, timeout=5)
    world.services.meanwhile = lambda service: (
        None if service == "customer" else void(together.wait())
    )

    world.pay()

    assert world.services.names()[0] == "customer"
    assert not together.broken


def void(_: object) -> None:
    return None


def test_the_order_is_stored_before_anybody_is_asked(world: World) -> None:
    seen: list[int] = []
    world.services.meanwhile = lambda service: seen.append(len(world.orders.orders))

    world.pay()

    assert seen == [1, 1, 1]


def test_personal_data_is_dropped_when_no_step_is_open(world: World) -> None:
    world.services.fails = {"communication": NotDone()}
    world.pay()
    assert world.order().confirmation is not None

    world.services.fails = {}
    world.resume(2 * RELAY_AGE)

    assert world.order().confirmation is None
    assert "@" not in str(world.order())


def test_when_customer_is_not_reached_nothing_is_recorded_anywhere(world: World) -> None:
    world.services.fails = {"customer": NotDone()}

    with pytest.raises(NothingRecorded):
        world.pay()

    assert world.orders.orders == {}
    assert world.services.names() == ["customer"]


def test_when_customers_outcome_is_unknown_the_same_key_resolves_it(world: World) -> None:
    world.services.fails = {"customer": OutcomeUnknown()}
    with pytest.raises(Unavailable):
        world.pay()
    assert statuses(world.order().request)["customer"] == "pending"

    world.services.fails = {}
    request = world.pay()

    assert request.status is RequestStatus.COMPLETED
    assert len(world.orders.orders) == 1


def test_a_repeat_that_does_not_reach_customer_forgets_no_earlier_attempt(world: World) -> None:
    world.services.fails = {"customer": OutcomeUnknown()}
    with pytest.raises(Unavailable):
        world.pay()

    world.services.fails = {"customer": NotDone()}
    with pytest.raises(Unavailable):
        world.pay()

    assert world.resume()[0] == 1


def test_what_customer_refuses_is_refused_and_leaves_no_order(world: World) -> None:
    world.services.fails = {"customer": Refused(409, "paid already")}

    with pytest.raises(Refused) as refusal:
        world.pay()

    assert (refusal.value.status, str(refusal.value)) == (409, "paid already")
    assert world.orders.orders == {}
    assert world.services.names() == ["customer"]


@pytest.mark.parametrize("error", DOWN, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("service", ["sales", "communication"])
def test_the_payment_stands_when_another_service_is_down(
    world: World, service: str, error: Exception
) -> None:
    world.services.fails = {service: error}

    request = world.pay()

    assert request.status is RequestStatus.ACCEPTED
    others = {"customer", "sales", "communication"} - {service}
    assert statuses(request) == {service: "retrying"} | dict.fromkeys(others, "done")


def test_an_address_that_is_refused_is_a_failed_step_that_says_why(world: World) -> None:
    world.services.fails = {"communication": Refused(422, "no such address")}

    request = world.pay()

    assert request.status is RequestStatus.FAILED
    assert statuses(request)["sales"] == "done"
    assert request.steps[2].detail == "no such address"
    assert world.resume() == (0, 0)


def test_a_repeated_submission_of_a_completed_request_asks_nobody(world: World) -> None:
    first = world.pay()
    world.services.asked.clear()

    assert world.pay() == first
    assert world.services.asked == []


def test_a_repeated_submission_asks_again_only_who_has_not_done_its_part(world: World) -> None:
    world.services.fails = {"sales": NotDone()}
    world.pay()
    world.services.asked.clear()
    world.services.fails = {}

    assert world.pay().status is RequestStatus.COMPLETED
    assert world.services.names() == ["sales"]


def test_a_key_that_comes_with_another_body_is_refused_and_asks_nobody(world: World) -> None:
    world.pay()
    world.services.asked.clear()

    with pytest.raises(KeyReused):
        world.pay(body=submission(period="2026-12"))

    assert world.services.asked == []


def test_nobody_pays_for_another_customer(world: World) -> None:
    somebody = {"id": "C-2", "name": "Eve", "email": "eve@example.com"}

    with pytest.raises(ForeignCustomer):
        world.pay(body=submission(customer=somebody))

    assert (world.orders.orders, world.services.asked) == ({}, [])


def test_two_identical_submissions_at_once_get_the_same_answer(world: World) -> None:
    both = Barrier(2, timeout=5)
    world.services.meanwhile = lambda service: void(both.wait()) if service == "customer" else None

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: world.pay(), range(2)))

    assert [answer.status for answer in answers] == [RequestStatus.COMPLETED] * 2
    assert answers[0].id == answers[1].id
    assert len(world.orders.orders) == 1


class Race:
    """Two submit the same; the first does not reach Customer, and the second comes meanwhile."""

    def __init__(self, world: World, seconds_fault: Exception | None) -> None:
        self.second: PaymentRequest | Exception | None = None
        self._world = world

        def meanwhile(service: str) -> None:
            if service == "customer" and self.second is None:
                world.services.fails = {"customer": seconds_fault} if seconds_fault else {}
                self.second = NotDone()  # begun
                self.second = self._submit()
                world.services.fails = {"customer": NotDone()}

        world.services.meanwhile = meanwhile
        self.first = self._submit()

    def _submit(self) -> PaymentRequest | Exception:
        try:
            return self._world.pay()
        except (Unavailable, NothingRecorded) as error:
            return error


def test_who_does_not_reach_customer_withdraws_no_order_that_another_is_at(world: World) -> None:
    race = Race(world, OutcomeUnknown())

    assert isinstance(race.second, Unavailable)
    assert isinstance(race.first, Unavailable)
    world.services.fails = {}
    world.services.meanwhile = lambda service: None
    assert world.resume() == (1, 1)
    assert world.order().request.status is RequestStatus.COMPLETED


def test_nobody_is_told_that_nothing_was_recorded_when_another_has_recorded_it(
    world: World,
) -> None:
    race = Race(world, None)

    assert isinstance(race.second, PaymentRequest)
    assert race.second.status is RequestStatus.COMPLETED
    assert isinstance(race.first, Unavailable)


def test_an_order_that_another_withdrew_is_stored_again_once_it_is_recorded(
    world: World,
) -> None:
    def withdraw(service: str) -> None:
        if service == "customer":
            world.orders.withdraw(world.order())

    world.services.meanwhile = withdraw

    assert world.pay().status is RequestStatus.COMPLETED
    assert world.order().product == "home"
