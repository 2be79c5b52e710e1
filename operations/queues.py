"""What is in the queues of a stack."""

from operations.stack import Stack

_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


def count(stack: Stack, queue: str) -> int:
    """How many messages are in the queue with this logical id, about, those in flight included."""
    answer = stack.place.client("sqs").get_queue_attributes(
        QueueUrl=stack.resources[queue].id, AttributeNames=_COUNTS
    )
    return sum(int(answer["Attributes"][name]) for name in _COUNTS)
