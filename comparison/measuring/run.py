"""Measures all variants in one local cloud, in turn, so that all meet the same machine."""

import os
import platform
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from random import sample
from time import monotonic

from comparison.measured import Measured
from comparison.measuring.counts import Seen
from comparison.measuring.subject import Subject
from comparison.measuring.workload import RATES, ROUNDS, Month
from local.bench.world import World
from local.cloud import Cloud, running
from local.commit import commit
from local.stack import Deployment
from local.variants import Variant

type Progress = Callable[[str, int], None]
"""Is told what is under way, and how many premiums more are paid."""


def measure(
    variants: Sequence[Variant], month: Month, progress: Progress
) -> tuple[Measured, dict[str, Seen]]:
    """What was measured, and what was counted of each variant."""
    began, at = monotonic(), datetime.now(UTC)
    progress("deploy", 0)
    with running() as cloud:
        subjects = _deployed(cloud, variants, month)
        for subject in subjects:
            progress(f"count {subject.name}", 0)
            subject.warm_up()
            subject.count()
        for _ in range(ROUNDS * len(RATES)):
            for subject in sample(subjects, len(subjects)):  # none always comes after the same
                progress(f"pay {subject.name}", subject.pay_next())
                cloud.check()
        told = {subject.name: subject.told() for subject in subjects}
        seen = {subject.name: subject.seen for subject in subjects}
    measured = Measured(
        at=at.isoformat(timespec="seconds"),
        commit=commit(),
        machine=f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores",
        seconds=round(monotonic() - began, 1),
        rounds=ROUNDS,
        variants=told,
    )
    return measured, seen


def _deployed(cloud: Cloud, variants: Sequence[Variant], month: Month) -> list[Subject]:
    with ExitStack() as under_way:
        deployments = [under_way.enter_context(Deployment(cloud, each)) for each in variants]
        stacks = [deployment.wait() for deployment in deployments]
    return [Subject.of(World(cloud, stack), month) for stack in stacks]
