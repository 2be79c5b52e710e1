"""Messages that no service understands."""

from uuid import uuid4

from tests.chaos.world import World
from tests.e2e.conftest import Customer


class Poison:
    """One for every so many payments; none where that is 0. Messages end in dead-letter queues,
    where an operator finds them. Where there are no queues, the API refuses them.
    """

    def __init__(self, world: World, every: int) -> None:
        self._world = world
        self._every = every
        self._payments = 0
        self.resting: dict[str, int] = {}
        """How many there are in each dead-letter queue in the end."""

    def beside_a_payment(self) -> None:
        self._payments += 1
        if not self._every or self._payments % self._every:
            return
        if not self._world.is_queued:
            self._submit()
        rubbish = f'{{"rubbish": "{uuid4()}"}}'
        for name, url in self._world.queues().items():
            if self._is_consumed(name):
                self._world.cloud.client("sqs").send_message(QueueUrl=url, MessageBody=rubbish)
                letters = name.replace("Queue", "DeadLetterQueue")
                self.resting[letters] = self.resting.get(letters, 0) + 1

    def rests(self, waiting: dict[str, int]) -> bool:
        """Whether nothing else waits, and all of it has come to its end."""
        return waiting == self.resting

    def clear(self) -> None:
        sqs, queues = self._world.cloud.client("sqs"), self._world.queues()
        for name in self.resting:
            sqs.purge_queue(QueueUrl=queues[name])

    def _submit(self) -> None:
        world = self._world
        customer = Customer(world.stack.outputs["ApiUrl"], world.issuer, world.http)
        assert customer.pay({"rubbish": "x"}).status == 400

    @staticmethod
    def _is_consumed(queue: str) -> bool:
        return not queue.endswith(("DeadLetterQueue", "UndeliveredQueue", "UndeliveredFifoQueue"))
