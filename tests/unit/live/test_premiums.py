"""What is paid when somebody presses Pay."""

from dataclasses import replace
from itertools import islice

from local.live.premiums import endless
from local.paying.premiums import Premium

PAID = [
    Premium(line, "key", f"P-{line}", "C-1", "Ada", "ada@example.com", "1.00", "EUR", "2026-11")
    for line in (2, 3)
]


def test_each_premium_is_of_a_month_that_is_not_paid_and_none_comes_twice() -> None:
    due = [(each.policy_id, each.period) for each in islice(endless(PAID), 4)]

    assert due == [("P-3", "2026-12"), ("P-2", "2026-12"), ("P-3", "2027-01"), ("P-2", "2027-01")]


def test_each_is_a_request_of_its_own_and_else_as_it_was_paid() -> None:
    one, other = islice(endless(PAID[:1]), 2)

    assert len({"key", one.idempotency_key, other.idempotency_key}) == 3
    assert replace(one, idempotency_key="key", period="2026-11") == PAID[0]


def test_where_nothing_was_paid_there_is_nothing_to_pay() -> None:
    assert list(endless([])) == []
