"""What becomes of payments when something breaks: pubsub-one-event."""

from tests.chaos.cell import run
from tests.chaos.faults import Fault
from tests.chaos.world import World

VARIANT = "pubsub-one-event"


def test_cell(world: World, fault: Fault) -> None:
    recording = run(world, fault)

    recording.save()
    assert recording.violations == []
