"""Sales comes back to a backlog, and must not be overwhelmed by it."""

from uuid import UUID, uuid4

from local.bench import backlog
from tests.chaos.effects import scanned
from tests.chaos.wires import Meter
from tests.chaos.world import World


class Surge:
    """What waits for Sales beside the payments, and how hard it works on all that."""

    def __init__(self, world: World, size: int) -> None:
        self._world = world
        self._size = size
        self._requests: list[UUID] = []
        self.meter = Meter(world.stack.outputs["LeadsTable"])

    def pile_up(self) -> None:
        self._requests = [uuid4() for _ in range(self._size)]
        if self._requests:
            with self._world.backstage.connect() as database:
                backlog.insert(database, self._requests)
            backlog.send(self._world, self._requests)

    def note(self, seconds: float) -> str:
        return (
            f"{self._size} more messages; Sales made at most {self.meter.most_at_once} calls of its"
            f" table at once and {self.meter.most_a_second} in a second, of {self._declared()}"
            f" batches at once that it declares; {seconds:.0f} s"
        )

    def violations(self) -> list[str]:
        marks = {item["pk"]["S"] for item in scanned(self._world, "LeadsTable")}
        lost = sum(f"REQUEST#{request}" not in marks for request in self._requests)
        found = [f"leads: {lost} of the backlog lost"] if lost else []
        if self.meter.most_at_once > self._declared():
            found.append(f"Sales made {self.meter.most_at_once} calls at once")
        return found

    def _declared(self) -> int:
        (mapping,) = self._world.cloud.client("lambda").list_event_source_mappings(
            FunctionName=self._world.function("SalesConsumerFunction")
        )["EventSourceMappings"]
        concurrency: int = mapping["ScalingConfig"]["MaximumConcurrency"]
        return concurrency
