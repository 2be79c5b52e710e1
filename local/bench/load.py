"""What the stack bears: a month of premiums, and backlogs in the Sales queue."""

from collections.abc import Iterator
from time import monotonic

from local.bench import backlog, world
from local.bench.figures import Figure, repetitions
from local.bench.world import World
from local.paths import ROOT
from local.paying import portfolio
from local.paying.client import Outcome, pay
from local.paying.payments_api import PaymentsApi
from local.paying.premiums import read_premiums

_BACKLOGS = (1_000, 5_000)


def measure(*, quick: bool) -> Iterator[Figure]:
    small, large = (repetitions(size, quick=quick) for size in _BACKLOGS)
    with world.deployed() as here:
        yield from _payments(here, quick=quick)
        seconds = {size: backlog.drain(here, size) for size in (small, large)}
    for size, taken in seconds.items():
        yield Figure(f"drain of {size:,} messages", taken, "s", note=f"{size / taken:.0f} /s")
    yield Figure(
        f"drain of {large:,} / of {small:,} messages",
        seconds[large] / seconds[small],
        target=large / small,
        note="it grows in proportion",
    )


def _payments(here: World, *, quick: bool) -> Iterator[Figure]:
    policies = portfolio.read_policies(ROOT / "data" / "policies.csv").values()
    premiums = read_premiums(ROOT / "data" / "premiums-2026-11.csv")
    premiums = premiums[: repetitions(len(premiums), quick=quick)]
    outputs = here.stack.outputs
    portfolio.load(here.cloud.client("lambda"), outputs["PortfolioImportFunction"], policies)
    began = last = monotonic()
    answered, completed = [], []
    for result in pay(premiums, PaymentsApi(outputs["ApiUrl"], here.issuer.token)):
        if result.answered_s is not None:
            answered.append(result.answered_s)
        if result.outcome is Outcome.COMPLETED and result.completed_s is not None:
            completed.append(result.completed_s)
            last = monotonic()
    yield Figure(
        "payments completed",
        len(completed) / (last - began),
        "/s",
        note=f"{len(completed)} of {len(premiums)} premiums in {last - began:.1f} s",
    )
    yield Figure.median("until answered, p50", answered, "s")
    yield Figure.median("until completed, p50", completed, "s")
