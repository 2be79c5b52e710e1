"""Messages that no service understands."""

from uuid import uuid4

from tests.chaos.world import World


class Poison:
    """One for every so many payments; none where that is 0. It ends in dead-letter queues, where an
    operator finds it.
    """

    def __init__(self, world: World, every: int) -> None:
        self._world = world
        self._every = every
        self._mark = f"poison-{uuid4()}"
        self._number = 0
        self.resting: dict[str, int] = {}
        """How many there are in each dead-letter queue in the end."""

    @property
    def is_sent(self) -> bool:
        return self._number > 0

    def send(self, payments: int) -> None:
        """Beside these."""
        if not self._every:
            return
        self._number = max(1, payments // self._every)
        sqs = self._world.cloud.client("sqs")
        for name, url in self._world.queues().items():
            if self._is_consumed(name):
                for _ in range(self._number):
                    sqs.send_message(QueueUrl=url, MessageBody=f'{{"rubbish": "{self._mark}"}}')
                self.resting[name.replace("Queue", "DeadLetterQueue")] = self._number

    def rests(self, waiting: dict[str, int]) -> bool:
        return all(waiting.get(name) == number for name, number in self.resting.items())

    def clear(self) -> None:
        sqs, queues = self._world.cloud.client("sqs"), self._world.queues()
        for name in self.resting:
            sqs.purge_queue(QueueUrl=queues[name])

    @staticmethod
    def _is_consumed(queue: str) -> bool:
        return not queue.endswith(("DeadLetterQueue", "UndeliveredQueue", "UndeliveredFifoQueue"))
