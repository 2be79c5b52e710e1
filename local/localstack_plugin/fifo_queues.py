"""FIFO queues, where LocalStack differs from SQS and from Lambda."""

from typing import Any

from localstack.services.lambda_.event_source_mapping.pollers import sqs_poller
from localstack.services.sqs.models import FifoQueue

Message = dict[str, Any]


def install() -> None:
    put = FifoQueue.put

    def put_moved(queue: FifoQueue, message: Message, **options: Any) -> Any:
        """To its dead-letter queue a message goes under its own id, so that on its way back it is
        not taken for the duplicate of itself.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
        """
        if "DeadLetterQueueSourceArn" in message.get("Attributes", {}):
            options["message_deduplication_id"] = message["MessageId"]
        return put(queue, message, **options)

    FifoQueue.put = put_moved
    sqs_poller.split_by_message_group_id = _one_batch


def _one_batch(messages: list[Message]) -> dict[str, list[Message]]:
    """A batch may hold several groups, and a function has to tell them apart."""
    return {"": messages}
