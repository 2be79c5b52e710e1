"""Measures each variant in a local cloud of its own: beside five others none has the machine."""

import os
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import monotonic

from comparison.measured import Measured
from comparison.measuring.counts import Seen
from comparison.measuring.subject import Subject
from comparison.measuring.workload import RATES, ROUNDS, Month
from local.bench.world import World
from local.cloud import running
from local.commit import commit
from local.stack import deploy
from local.variants import Variant

type Progress = Callable[[str, int], None]
"""Is told what is under way, and how many premiums more are paid."""


def measure(
    variants: Sequence[Variant], month: Month, progress: Progress
) -> tuple[Measured, dict[str, Seen]]:
    """What was measured, and what was counted of each variant."""
    began, at = monotonic(), datetime.now(UTC)
    told, seen = {}, {}
    for variant in variants:
        progress(f"deploy {variant.name}", 0)
        with running() as cloud:
            subject = Subject.of(World(cloud, deploy(cloud, variant)), month)
            progress(f"count {variant.name}", 0)
            subject.warm_up()
            subject.count()
            for _ in range(ROUNDS * len(RATES)):
                progress(f"pay {variant.name}", subject.pay_next())
                cloud.check()
            told[variant.name], seen[variant.name] = subject.told(), subject.seen
    measured = Measured(
        at=at.isoformat(timespec="seconds"),
        commit=commit(),
        machine=f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores",
        seconds=round(monotonic() - began, 1),
        rounds=ROUNDS,
        variants=told,
    )
    return measured, seen
