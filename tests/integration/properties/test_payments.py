"""In whatever order things happen and break, every payment is done once, in every pattern."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

import payment_requests.service
import payments.service
import runtime.consumer
from communication.model import Progress
from communication.sent import SentTable
from sales.leads import LeadsTable
from tests.examples import examples
from tests.integration.conftest import TestDatabase
from tests.integration.properties.machine import Machine
from tests.integration.properties.patterns import ApiGateway, Decouple, PubSub
from tests.integration.properties.world import World

PATTERNS: list[type[World]] = [Decouple, PubSub, ApiGateway]

type Start = Callable[[pytest.MonkeyPatch], World]


@pytest.fixture(params=PATTERNS, ids=lambda pattern: pattern.__name__)
def start(request: pytest.FixtureRequest, db: TestDatabase) -> Start:
    """Begins with nothing but policies."""
    connection = db.connect()

    def start(patch: pytest.MonkeyPatch) -> World:
        for table in ("policies", "payments", "requests", "steps", "outbox"):
            connection.execute(f"DELETE FROM {table}".encode())
        world: World = request.param(patch)
        return world

    return start


def test_every_payment_is_done_once(start: Start) -> None:
    run_state_machine_as_test(lambda: Machine(start), settings=examples(100))


def _no_idempotency(patch: pytest.MonkeyPatch) -> None:
    for module in (payment_requests.service, payments.service):
        patch.setattr(module, "request_id", lambda _subject, _key: uuid4())


def _no_relay(patch: pytest.MonkeyPatch) -> None:
    for pattern in PATTERNS:
        patch.setattr(pattern, "relay", lambda world: None)


def _no_partial_batches(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(runtime.consumer, "_answer", lambda *_: {"batchItemFailures": []})


def _no_marks_of_leads(patch: pytest.MonkeyPatch) -> None:
    save = LeadsTable.save
    patch.setattr(LeadsTable, "save", lambda leads, lead, _request: save(leads, lead, uuid4()))


def _no_claims_of_mails(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SentTable, "claim", lambda _sent, _claim, _now: Progress.CLAIMED)


@pytest.mark.parametrize(
    ("start", "omit"),
    [
        pytest.param(pattern, omit, id=f"{pattern.__name__}-{omit.__name__[1:]}")
        for omit, patterns in {
            _no_idempotency: PATTERNS,
            _no_relay: PATTERNS,
            _no_partial_batches: [Decouple, PubSub],
            _no_marks_of_leads: PATTERNS,
            _no_claims_of_mails: [PubSub, ApiGateway],
        }.items()
        for pattern in patterns
    ],
    indirect=["start"],
)
def test_a_rule_that_is_left_out_is_missed(
    start: Start, omit: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    omit(monkeypatch)
    first_failure = settings(examples(100), phases=[Phase.generate], report_multiple_bugs=False)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(lambda: Machine(start), settings=first_failure)
