"""What becomes of payments when something breaks: pubsub-three-events."""

from tests.chaos.cell import run
from tests.chaos.faults import Fault
from tests.chaos.world import World

VARIANT = "pubsub-three-events"


def test_cell(world: World, fault: Fault) -> None:
    recording = run(world, fault)

    recording.save()
    assert recording.violations == []
