"""When a run has gone as it must."""

from local.paying.client import Outcome, Result
from local.paying.effects import Effects, Mails
from local.paying.verdict import unexpected, unexpected_effects

COMPLETED = Result(2, Outcome.COMPLETED, status=202)
REFUSED = Result(3, Outcome.REFUSED, "paid already", 409)
FAILED = Result(4, Outcome.FAILED, "sales: no report", 202)
UNKNOWN = Result(5, Outcome.UNKNOWN, "no answer")


def test_payable_lines_completed_and_all_others_refused_is_right() -> None:
    assert list(unexpected([COMPLETED, REFUSED], payable={2})) == []


def test_a_payable_line_that_is_refused_is_wrong() -> None:
    assert list(unexpected([REFUSED, COMPLETED], payable={2, 3})) == [
        "line 3 must be completed, but is refused: 409 paid already"
    ]


def test_a_bad_line_that_is_completed_is_wrong() -> None:
    assert list(unexpected([COMPLETED], payable=set())) == [
        "line 2 must be refused, but is completed: 202"
    ]


def test_failed_and_unknown_are_always_wrong() -> None:
    for payable in (set[int](), {4, 5}, None):
        assert len(list(unexpected([FAILED, UNKNOWN], payable))) == 2


def test_without_a_portfolio_a_refusal_is_the_services_to_decide() -> None:
    assert list(unexpected([COMPLETED, REFUSED], payable=None)) == []


def test_every_completed_premium_has_one_row_and_one_update() -> None:
    assert list(unexpected_effects([COMPLETED, REFUSED], Effects(1, 1, 1))) == []
    assert list(unexpected_effects([COMPLETED, REFUSED], Effects(2, 1, 0))) == [
        "1 premiums are accepted, but the ledger has 2 rows",
        "1 premiums are completed, but leads have 0 updates",
    ]


def test_every_completed_premium_has_one_mail_where_the_variant_sends_some() -> None:
    assert list(unexpected_effects([COMPLETED], Effects(1, 1, 1, Mails(noted=1, sent=1)))) == []
    assert list(unexpected_effects([COMPLETED], Effects(1, 1, 1, Mails(noted=0, sent=2)))) == [
        "1 premiums are completed, but 2 e-mails were sent",
        "1 premiums are completed, but 0 e-mails are noted",
    ]
