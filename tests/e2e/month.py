"""A part of the sample month of premiums."""

from dataclasses import dataclass
from typing import Self

from local.paths import ROOT
from local.paying.portfolio import payable, read_policies
from local.paying.premiums import Premium, read_premiums

_POLICIES = ROOT / "data" / "policies.csv"
_PREMIUMS = ROOT / "data" / "premiums-2026-11.csv"
_ONE_OF = 8


@dataclass(frozen=True)
class Month:
    """Some of the good rows, and every bad one with what makes it bad."""

    csv: bytes
    good: int
    bad: int

    @classmethod
    def of_sample(cls) -> Self:
        entries = read_premiums(_PREMIUMS)
        premiums = [entry for entry in entries if isinstance(entry, Premium)]
        due = payable(read_policies(_POLICIES), premiums)
        bad = {entry.line for entry in entries} - due
        involved = {premium.policy_id for premium in premiums if premium.line in bad}
        good = {
            premium.line
            for premium in premiums
            if premium.line in due
            and (premium.policy_id in involved or premium.line % _ONE_OF == 0)
        }
        rows = enumerate(_PREMIUMS.read_bytes().splitlines(keepends=True), start=1)
        taken = [row for line, row in rows if line in {1} | good | bad]
        return cls(b"".join(taken), len(good), len(bad))
