"""What a run of `make chaos` has shown: docs/failure-matrix.json, as tests/chaos keeps it."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from local.paths import ROOT

FILE = ROOT / "docs" / "failure-matrix.json"


class Cell(BaseModel):
    """What became of payments through a variant while something was broken."""

    model_config = ConfigDict(frozen=True)

    variant: str
    fault: str
    meaning: str
    answers: Mapping[str, int]
    """How often each status was the answer to a payment's first request; `0`: none came."""
    lost: Mapping[str, int] = {}
    """Payments whose effect was missing in the end, by the effect."""
    waited_p50_s: float
    waited_most_s: float
    healed_s: float

    @property
    def requests(self) -> int:
        return sum(self.answers.values())

    @property
    def errors(self) -> int:
        return sum(number for status, number in self.answers.items() if status[0] != "2")


class Failures(BaseModel):
    model_config = ConfigDict(frozen=True)

    date: str
    commit: str
    cells: tuple[Cell, ...]

    def of(self, fault: str) -> dict[str, Cell]:
        """By variant; those that cannot break so are left out."""
        return {cell.variant: cell for cell in self.cells if cell.fault == fault}

    @property
    def lost(self) -> int:
        return sum(sum(cell.lost.values()) for cell in self.cells)

    @property
    def faults(self) -> dict[str, str]:
        """What each means, in the order in which they were tried."""
        return {cell.fault: cell.meaning for cell in self.cells}


def load(file: Path = FILE) -> Failures:
    return Failures.model_validate_json(file.read_text())
