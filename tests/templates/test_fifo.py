"""Publish/subscribe with `Delivery=fifo`: an order per policy, for one subscriber of four."""

import pytest

from tests.templates.channels import subscriptions
from tests.templates.cloudformation import Stack, arn_of, text
from tests.templates.conftest import FIFO, deployed, made


def fifo_queues(stack: Stack) -> set[str]:
    queues = stack.of_type("AWS::SQS::Queue")
    return {name for name, queue in queues.items() if queue.get("FifoQueue")}


def test_with_fifo_customers_queue_keeps_the_order_and_no_other() -> None:
    assert fifo_queues(made(FIFO)) == {
        "CustomerQueue",
        "CustomerDeadLetterQueue",
        "UndeliveredFifoQueue",
    }
    assert fifo_queues(deployed("pubsub-sns")) == set()


def test_with_fifo_the_topic_of_payments_is_one_and_the_topic_of_reports_is_not() -> None:
    topics = made(FIFO).of_type("AWS::SNS::Topic")

    assert {name for name, topic in topics.items() if topic.get("FifoTopic")} == {"PaymentsTopic"}
    # The publisher tells a FIFO topic by its name.
    assert text(topics["PaymentsTopic"]["TopicName"]).endswith(".fifo")
    assert not any("FifoTopic" in t for t in deployed("pubsub-sns").of_type("AWS::SNS::Topic"))


def test_what_cannot_be_delivered_to_a_queue_goes_to_one_of_its_type() -> None:
    # https://docs.aws.amazon.com/sns/latest/dg/fifo-message-durability.html
    stack = made(FIFO)
    for subscription in subscriptions(stack).values():
        queue = arn_of(subscription["Endpoint"])
        dead = arn_of(subscription["RedrivePolicy"]["deadLetterTargetArn"])
        assert (queue in fifo_queues(stack)) == (dead in fifo_queues(stack))


def test_a_fifo_queue_is_read_in_batches_that_wait_for_nothing() -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    mappings = made(FIFO).of_type("AWS::Lambda::EventSourceMapping").values()
    (mapping,) = (m for m in mappings if arn_of(m["EventSourceArn"]) == "CustomerQueue")

    assert mapping["BatchSize"] <= 10
    assert "MaximumBatchingWindowInSeconds" not in mapping


@pytest.mark.parametrize(
    ("channel", "delivery", "allowed"),
    [
        ("sns", "standard", True),
        ("sns", "fifo", True),
        ("eventbridge-three-events", "standard", True),
        ("eventbridge-three-events", "fifo", False),
        ("eventbridge-one-event", "fifo", False),
    ],
)
def test_fifo_is_refused_where_the_channel_keeps_no_order(
    channel: str, delivery: str, *, allowed: bool
) -> None:
    stack = deployed("pubsub-sns").given(Channel=channel, Delivery=delivery)
    assert stack.allowed is allowed
