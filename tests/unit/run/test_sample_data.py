"""The sample portfolio and month of premiums in data/."""

import runpy
from collections import Counter
from pathlib import Path

import pytest

from local.paths import ROOT
from local.paying.portfolio import payable, read_policies
from local.paying.premiums import BrokenLine, Premium, read_premiums

DATA = ROOT / "data"
PREMIUMS = DATA / "premiums-2026-11.csv"


@pytest.mark.parametrize(
    ("file", "content"),
    [("policies.csv", "policies_csv"), ("premiums-2026-11.csv", "premiums_csv")],
)
def test_the_files_are_what_the_generator_writes(file: str, content: str) -> None:
    generator = runpy.run_path(str(DATA / "generate.py"))
    assert Path(DATA, file).read_text(encoding="utf-8") == generator[content]()


def test_the_portfolio_has_many_policies_of_several_lines_of_business() -> None:
    policies = read_policies(DATA / "policies.csv").values()
    assert len(policies) >= 500
    assert len({policy.product for policy in policies}) >= 6
    held = Counter(policy.customer_id for policy in policies)
    assert len(held) >= 350
    assert max(held.values()) > 1


def test_every_policy_is_paid_once_and_a_few_lines_are_bad() -> None:
    policies = read_policies(DATA / "policies.csv")
    entries = read_premiums(PREMIUMS)
    premiums = [entry for entry in entries if isinstance(entry, Premium)]
    due = payable(policies, premiums)
    assert {premium.policy_id for premium in premiums if premium.line in due} == set(policies)
    assert 5 <= len(entries) - len(due) <= 12
    assert any(isinstance(entry, BrokenLine) for entry in entries)


def test_all_mail_goes_to_the_simulator() -> None:
    premiums = [entry for entry in read_premiums(PREMIUMS) if isinstance(entry, Premium)]
    assert all(premium.email.endswith("@simulator.amazonses.com") for premium in premiums)
