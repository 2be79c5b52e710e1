"""Payments in any order of steps, with a fault in any of them, and what must hold in the end."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from contracts.api import RequestStatus, StepStatus
from payment_requests.model import request_id
from tests.integration.properties.aws import Message
from tests.integration.properties.faults import Fault
from tests.integration.properties.world import (
    CUSTOMER,
    POLICIES,
    Answer,
    Payment,
    World,
    address,
)

KEYS = st.sampled_from("abcde")
PAYMENTS = st.tuples(st.sampled_from(POLICIES), st.sampled_from(["2026-11", "2026-12", "2027-01"]))
FAULTS = st.none() | st.builds(Fault, st.integers(0, 20), st.booleans())
"""A payment through the gateways has as many borders."""
PLACES = st.lists(st.integers(0, 9), min_size=1, max_size=5)


class Machine(RuleBasedStateMachine):
    """Clients pay, repeat and reuse keys; functions break; messages come twice and in any order."""

    def __init__(self, start: Callable[[pytest.MonkeyPatch], World]) -> None:
        super().__init__()
        self._patch = pytest.MonkeyPatch()
        self.world = start(self._patch)
        self.answers: dict[tuple[str, Payment], Answer] = {}
        """The last to each payment that was tried under a key, or the one that accepted it."""

    @initialize(key=KEYS, payment=PAYMENTS, fault=FAULTS)
    def begin(self, key: str, payment: Payment, fault: Fault | None) -> None:
        self._with(fault, lambda: self._pay(key, payment))

    @rule(key=KEYS, payment=PAYMENTS, fault=FAULTS)
    def pay(self, key: str, payment: Payment, fault: Fault | None) -> None:
        self._with(fault, lambda: self._pay(key, payment))

    @rule(place=st.integers(0, 9), fault=FAULTS)
    def repeat(self, place: int, fault: Fault | None) -> None:
        key, payment = list(self.answers)[place % len(self.answers)]
        self._with(fault, lambda: self._pay(key, payment))

    @precondition(lambda self: self._waiting())
    @rule(place=st.integers(0, 9), places=PLACES, fault=FAULTS)
    def deliver(self, place: int, places: list[int], fault: Fault | None) -> None:
        queues = self._waiting()
        queue_url, waiting = queues[place % len(queues)]
        batch = {id(waiting[n % len(waiting)]): waiting[n % len(waiting)] for n in places}
        self._with(fault, lambda: self.world.deliver(queue_url, list(batch.values())))

    @precondition(lambda self: self._sent())
    @rule(place=st.integers(0, 99))
    def come_again(self, place: int) -> None:
        """A message that was delivered, and deleted, perhaps."""
        queue_url, body = self._sent()[place % len(self._sent())]
        self.world.sqs.put(queue_url, body)

    @rule(hand=st.sampled_from(["relay", "sweep", "redrive"]), fault=FAULTS)
    def run_schedule(self, hand: str, fault: Fault | None) -> None:
        self._with(fault, getattr(self.world, hand))

    @rule(seconds=st.sampled_from([1, 60, 1000]))
    def wait(self, seconds: int) -> None:
        self.world.now += timedelta(seconds=seconds)

    def teardown(self) -> None:
        try:
            self._recover()
            self._check()
        finally:
            self._patch.undo()

    def _recover(self) -> None:
        """Nothing breaks any more. Clients who do not know what became of a payment repeat it."""
        for (key, payment), answer in list(self.answers.items()):
            if not answer.is_definite:
                self._pay(key, payment)
        for _ in range(6):
            self.wait(1000)
            self.world.relay()
            self.world.redrive()
            while queues := self._waiting():
                queue_url, waiting = queues[0]
                self.world.deliver(queue_url, waiting[:10])

    def _check(self) -> None:
        accepted: dict[UUID, tuple[str, Payment]] = {}
        for (key, payment), answer in self.answers.items():
            if answer.is_accepted:
                accepted[request_id(CUSTOMER, key)] = key, payment
            else:
                self._check_refusal(key, payment, answer)
        done = {id: self._done(id) for id in accepted}
        ledger = {id: (policy, period) for id, policy, period in self.world.ledger()}
        assert ledger.items() <= {(id, payment) for id, (_, payment) in accepted.items()}
        assert ledger.keys() >= {id for id, services in done.items() if "customer" in services}
        assert self.world.leads() >= sum("sales" in services for services in done.values())
        assert self.world.leads() <= len(accepted)
        addresses = {address(key, payment): id for id, (key, payment) in accepted.items()}
        assert self.world.mails.keys() <= addresses.keys()
        for recipient, id in addresses.items():
            mails = self.world.mails[recipient]
            assert mails >= ("communication" in done[id])
            assert mails <= 1 + self.world.may_repeat[recipient]
        assert self.world.outbox() == 0
        assert not self._waiting()

    def _check_refusal(self, key: str, payment: Payment, answer: Answer) -> None:
        accepted = [tried for tried, each in self.answers.items() if each.is_accepted]
        match answer.status:
            case HTTPStatus.CONFLICT:
                assert payment in [paid for _, paid in accepted], f"nobody has paid {payment}"
            case HTTPStatus.UNPROCESSABLE_ENTITY:
                tried = accepted if self.world.keeps_requests else self.answers
                assert key in [other for other, paid in tried if paid != payment]
            case status:
                raise AssertionError(f"{payment} is answered {status}")

    def _done(self, id: UUID) -> set[str]:
        """The services that have done their part."""
        request = self.world.request(id)
        steps = request["steps"]
        if self.world.keeps_requests:
            assert request["status"] == RequestStatus.COMPLETED, request
        assert request["status"] in (RequestStatus.COMPLETED, RequestStatus.FAILED), request
        assert all(step["detail"] for step in steps if step["status"] == StepStatus.FAILED)
        return {step["service"] for step in steps if step["status"] == StepStatus.DONE}

    def _pay(self, key: str, payment: Payment) -> None:
        before = self.answers.get((key, payment))
        answer = self.world.pay(key, payment)
        if before is None or not before.is_accepted:
            self.answers[key, payment] = answer
        else:
            assert answer.is_accepted or not answer.is_definite, f"{payment} was accepted before"

    def _with(self, fault: Fault | None, step: Callable[[], None]) -> None:
        self.world.faults.next = fault
        step()
        self.world.faults.next = None

    def _waiting(self) -> list[tuple[str, list[Message]]]:
        queues = self.world.sqs.queues.items()
        return [(queue_url, queue.waiting) for queue_url, queue in queues if queue.waiting]

    def _sent(self) -> list[tuple[str, str]]:
        queues = self.world.sqs.queues.items()
        return [(queue_url, body) for queue_url, queue in queues for body in queue.sent]
