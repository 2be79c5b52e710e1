"""The portfolio, and what is due by it."""

import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from local.paying.portfolio import ImportFailed, Policy, load, payable, read_policies
from local.paying.premiums import Premium, UnreadableFile

POLICY = Policy("MOT-1", "C-1", "motor", Decimal("49.90"), "EUR")
PREMIUM = Premium(2, "key", "MOT-1", "C-1", "Ada", "a@example.org", "49.90", "EUR", "2026-11")


def due(*premiums: Premium) -> set[int]:
    return payable({POLICY.policy_id: POLICY}, premiums)


@pytest.mark.parametrize("amount", ["49.90", "49.9"])
def test_what_matches_the_policy_is_payable(amount: str) -> None:
    assert due(replace(PREMIUM, amount=amount)) == {2}


@pytest.mark.parametrize(
    "difference",
    [
        {"policy_id": "MOT-2"},
        {"customer_id": "C-2"},
        {"amount": "49.91"},
        {"amount": "-49.90"},
        {"amount": "49.900"},
        {"amount": "4.99e1"},
        {"amount": ""},
        {"currency": "CHF"},
        {"period": "2026-13"},
        {"period": "2026-1"},
        {"period": "2026-11-01"},
    ],
)
def test_what_differs_is_not(difference: dict[str, str]) -> None:
    assert due(replace(PREMIUM, **difference)) == set()


def test_the_first_of_a_policy_and_period_is_payable_and_no_other() -> None:
    wrong = replace(PREMIUM, line=2, amount="1.00")
    first = replace(PREMIUM, line=3)
    again = replace(PREMIUM, line=4, name="ADA")
    other_month = replace(PREMIUM, line=5, period="2026-12")
    assert due(wrong, first, again, other_month) == {3, 5}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "policies.csv"


HEADER = "policyId,customerId,product,premium,currency\n"


def test_policies_are_read_by_their_id(file: Path) -> None:
    file.write_text(HEADER + "MOT-1,C-1,motor,49.90,EUR\n")
    assert read_policies(file) == {"MOT-1": POLICY}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a,b\n", "must be policyId,customerId,product,premium,currency"),
        (HEADER + "MOT-1,C-1,motor\n", r":2: 3 columns instead of 5"),
        (HEADER + "MOT-1,C-1,motor,NaN,EUR\n", r":2: premium 'NaN' is not an amount"),
        (HEADER + 'MOT-1,"C-1\n', "unexpected end of data"),
    ],
)
def test_a_portfolio_with_a_mistake_is_refused(file: Path, content: str, reason: str) -> None:
    file.write_text(content)
    with pytest.raises(UnreadableFile, match=reason):
        read_policies(file)


class FakeLambda:
    """The import function, which counts; or fails with the error that it is given."""

    def __init__(self, error: str = "") -> None:
        self.calls: list[dict[str, Any]] = []
        self._error = error

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:
        self.calls.append(json.loads(Payload))
        if self._error:
            answer = json.dumps({"errorMessage": self._error}).encode()
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(answer)}
        count = len(self.calls[-1]["policies"])
        return {"Payload": io.BytesIO(json.dumps({"imported": count}).encode())}


def test_policies_are_imported_in_parts_of_at_most_1000() -> None:
    function = FakeLambda()
    policies = [replace(POLICY, policy_id=f"MOT-{number}") for number in range(2001)]
    assert load(function, "import", policies) == 2001
    assert [len(call["policies"]) for call in function.calls] == [1000, 1000, 1]
    assert function.calls[2]["policies"] == [
        {
            "policyId": "MOT-2000",
            "customerId": "C-1",
            "product": "motor",
            "premium": {"value": "49.90", "currency": "EUR"},
        }
    ]


def test_a_failed_import_says_why() -> None:
    with pytest.raises(ImportFailed, match="import failed: no database"):
        load(FakeLambda("no database"), "import", [POLICY])
