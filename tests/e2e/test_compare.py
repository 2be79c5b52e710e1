"""`make compare`, with a small month through one variant."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from comparison import counts, measured
from comparison.measuring.workload import FEWEST, RATES
from local.paths import ROOT

VARIANT = "decouple"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run has written, in a cloud of its own: only that is counted which it does itself."""
    into = tmp_path_factory.mktemp("comparison")
    options = ["--variant", VARIANT, "--premiums", str(FEWEST), "--into", str(into)]
    done = subprocess.run(
        [sys.executable, "-m", "comparison", "compare", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return into


def test_what_is_counted_is_what_is_checked_in(folder: Path) -> None:
    written = json.loads((folder / counts.FILE.name).read_text())

    assert written == json.loads(counts.FILE.read_text())


def test_every_payment_is_completed_at_each_rate(folder: Path) -> None:
    run = measured.load(folder / measured.FILE.name)

    (variant,) = run.variants.values()
    assert [load.offered for load in variant.loads] == [*RATES]
    assert sum(load.payments for load in variant.loads) == FEWEST
    assert all(load.completed == load.payments for load in variant.loads)


def test_each_function_of_a_payment_is_billed(folder: Path) -> None:
    (variant,) = measured.load(folder / measured.FILE.name).variants.values()

    assert variant.functions.keys() == counts.load().variants[VARIANT].payment.functions.keys()
    assert all(each.billed_ms.value > 0 for each in variant.functions.values())
