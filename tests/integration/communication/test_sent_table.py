"""What was sent and what is being sent, in DynamoDB."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest

from communication.model import BeingSent, Claim, Progress
from communication.sent import LEASE, SentTable
from runtime.errors import Unavailable
from tests.builders import NOW
from tests.integration.communication.conftest import DAYS

REQUEST = UUID(int=1)
SECOND = timedelta(seconds=1)

type Items = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def claim(customer: str) -> Callable[..., Claim]:
    """Another call's claim each time."""

    def make(request_id: UUID = REQUEST, period: str = "2026-11") -> Claim:
        return Claim(uuid4(), request_id, customer, period)

    return make


def test_the_first_claim_holds_and_no_other_until_its_lease_ends(
    sent: SentTable, claim: Callable[..., Claim]
) -> None:
    assert sent.claim(claim(), NOW) is Progress.CLAIMED

    for later in (timedelta(), LEASE):
        with pytest.raises(BeingSent, match=str(REQUEST)):
            sent.claim(claim(), NOW + later)
    assert sent.claim(claim(), NOW + LEASE + SECOND) is Progress.CLAIMED
    with pytest.raises(BeingSent):
        sent.claim(claim(), NOW + LEASE + SECOND)


def test_of_claims_at_the_same_time_one_holds(sent: SentTable, claim: Callable[..., Claim]) -> None:
    start = Barrier(4, timeout=20)

    def run(own: Claim) -> bool:
        start.wait()
        try:
            return sent.claim(own, NOW) is Progress.CLAIMED
        except BeingSent:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(run, [claim() for _ in range(4)])) == 1


def test_a_claim_that_is_repeated_because_its_answer_got_lost_is_the_same_claim(
    sent: SentTable, claim: Callable[..., Claim]
) -> None:
    own = claim()
    sent.claim(own, NOW)

    assert sent.claim(own, NOW) is Progress.CLAIMED


@pytest.mark.parametrize("progress", [Progress.SENT, Progress.REFUSED])
def test_what_became_of_a_claim_is_remembered(
    sent: SentTable, claim: Callable[..., Claim], progress: Progress
) -> None:
    own = claim()
    sent.claim(own, NOW)
    sent.settle(own, progress, NOW)

    assert sent.claim(claim(), NOW + LEASE + SECOND) is progress


def test_a_released_claim_leaves_nothing(
    sent: SentTable, claim: Callable[..., Claim], items: Items
) -> None:
    own = claim()
    sent.claim(own, NOW)
    sent.release(own)

    assert items() == []
    assert sent.claim(claim(), NOW) is Progress.CLAIMED


def test_another_calls_claim_is_not_released(sent: SentTable, claim: Callable[..., Claim]) -> None:
    late = claim()
    sent.claim(late, NOW)
    sent.claim(claim(), NOW + LEASE + SECOND)

    with pytest.raises(Unavailable):
        sent.release(late)
    with pytest.raises(BeingSent):
        sent.claim(claim(), NOW + LEASE + SECOND)


@pytest.mark.parametrize("settle", [True, False])
def test_every_item_expires_after_its_retention(
    sent: SentTable, claim: Callable[..., Claim], items: Items, settle: bool
) -> None:
    own = claim()
    sent.claim(own, NOW)
    if settle:
        sent.settle(own, Progress.SENT, NOW)

    (item,) = items()
    assert int(item["expiresAt"]["N"]) == int((NOW + timedelta(days=DAYS)).timestamp())


def test_only_what_was_sent_is_listed_the_latest_first(
    sent: SentTable, claim: Callable[..., Claim], customer: str
) -> None:
    for minute, progress in enumerate([Progress.SENT, Progress.REFUSED, Progress.SENT]):
        settled = claim(UUID(int=minute), f"2026-0{minute + 1}")
        sent.settle(settled, progress, NOW + timedelta(minutes=minute))
    sent.claim(claim(), NOW)

    latest = sent.latest(customer, limit=12)
    assert [(s.request_id.int, s.period) for s in latest] == [(2, "2026-03"), (0, "2026-01")]
    assert latest[0].sent_at == NOW + timedelta(minutes=2)
    assert sent.latest(customer, limit=1) == latest[:1]


def test_a_table_that_does_not_answer_is_unavailable(
    aws_clients: object, claim: Callable[..., Claim], log: io.StringIO
) -> None:
    missing = SentTable("missing", DAYS)

    for ask in (
        lambda: missing.claim(claim(), NOW),
        lambda: missing.settle(claim(), Progress.SENT, NOW),
        lambda: missing.release(claim()),
        lambda: missing.latest("C-1", 1),
    ):
        with pytest.raises(Unavailable, match="ResourceNotFoundException"):
            ask()
