"""The matrix can fail: without a rule that makes payments reliable, the cells that it is for do."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from local.paths import ROOT
from tests.chaos.cell import run
from tests.chaos.conftest import WHOLE
from tests.chaos.faults import faults
from tests.chaos.world import World, warm
from tests.eventually import eventually

VARIANT = "decouple"
_PATIENCE_SECONDS = 15.0


@contextmanager
def _without(file: str, text: str, instead: str, world: World, folder: Path) -> Iterator[None]:
    """All functions run from a copy of the sources, in which a file says something else."""
    copy = shutil.copytree(ROOT / "src", folder / "src")
    source = (copy / file).read_text()
    assert text in source
    (copy / file).write_text(source.replace(text, instead))
    _run_from(world, copy)
    try:
        yield
    finally:
        _run_from(world, ROOT / "src")


def _run_from(world: World, sources: Path) -> None:
    functions = world.cloud.client("lambda")
    for output, name in world.stack.outputs.items():
        if output.endswith("Function"):
            functions.update_function_code(
                FunctionName=name, S3Bucket="hot-reload", S3Key=str(sources)
            )
            functions.get_waiter("function_updated_v2").wait(
                FunctionName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300}
            )


@contextmanager
def _whole_batches(world: World, _folder: Path) -> Iterator[None]:
    """A batch is done as a whole: Lambda does not look at what its function says of messages."""
    functions = world.cloud.client("lambda")
    name = world.function("SalesConsumerFunction")
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]

    def set_types(*types: str) -> None:
        functions.update_event_source_mapping(
            UUID=mapping["UUID"], FunctionResponseTypes=list(types)
        )
        eventually(is_enabled, "the queue is consumed again")

    def is_enabled() -> bool:
        now = functions.get_event_source_mapping(UUID=mapping["UUID"])
        return bool(now["State"] == "Enabled")

    set_types()
    try:
        yield
    finally:
        set_types(*mapping["FunctionResponseTypes"])


@dataclass(frozen=True)
class Rule:
    name: str
    broken: Callable[[World, Path], AbstractContextManager[None]]
    fault: str
    """The cell that then turns red."""
    violation: str


RULES = (
    Rule(
        "outbox",
        partial(
            _without,
            "payment_requests/aurora.py",
            "for event in events],",
            "for event in events[:0]],",
        ),
        "relay-off",
        r"leads: \d+ lost",
    ),
    Rule(
        "idempotency",
        partial(
            _without,
            "sales/leads.py",
            """                            "Item": mark,
                            "ConditionExpression": "attribute_not_exists(pk)",
""",
            """                            "Item": mark,
""",
        ),
        "sales-killed-after-commit",
        r"leads: \d+ done twice",
    ),
    Rule("partial batch", _whole_batches, "dynamodb-denies", r"leads: \d+ lost"),
)


@pytest.mark.parametrize(
    "rule", RULES if WHOLE else RULES[1:2], ids=lambda rule: rule.name.replace(" ", "-")
)
def test_without_a_rule_a_cell_turns_red(world: World, rule: Rule, tmp_path: Path) -> None:
    fault = faults(VARIANT)[rule.fault]

    with rule.broken(world, tmp_path):
        warm(world)
        told = run(world, fault, patience_s=_PATIENCE_SECONDS)

    assert any(re.fullmatch(rule.violation, each) for each in told.violations), told
