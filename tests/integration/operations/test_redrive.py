"""Dead letters of queues, topics and buses are sent again, and leave when that has succeeded."""

import json
from typing import Any

import pytest

from operations.dead_letters import DeadLetters, OfChannel, OfQueue, dead_letters
from operations.errors import Failed
from operations.queues import count
from tests.builders import published
from tests.integration.operations.conftest import Made

FIFO = {"FifoQueue": "true"}


def of(made: Made, name: str) -> DeadLetters:
    return next(each for each in dead_letters(made.stack) if each.name == name)


def event(**changes: Any) -> str:
    return json.dumps(json.loads(published().model_dump_json()) | changes)


def given_up(made: Made, *bodies: str) -> None:
    """Messages of the Sales queue, each received as often as it may be."""
    dead = made.queue("SalesDeadLetterQueue")
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
    made.queue("SalesQueue", RedrivePolicy=policy, VisibilityTimeout="0")
    made.send("SalesQueue", *bodies)
    sqs, url = made.cloud.client("sqs"), made.resources["SalesQueue"].id
    while sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        pass
    made.wait_until_there("SalesDeadLetterQueue", len(bodies))


def test_the_dead_letters_of_a_queue_go_back_to_it(made: Made) -> None:
    given_up(made, "first", "second", "third")

    assert of(made, "SalesDeadLetterQueue").redrive() == 3

    made.wait_until_there("SalesDeadLetterQueue", 0)
    made.wait_until_there("SalesQueue", 3)


def test_a_queue_is_no_place_of_dead_letters_unless_it_is_named_so(made: Made) -> None:
    for name in ("SalesQueue", "SalesDeadLetterQueue", "UndeliveredQueue"):
        made.queue(name)
    made.queue("UndeliveredFifoQueue", **FIFO)

    found = {each.name: type(each) for each in dead_letters(made.stack)}

    assert found == {
        "SalesDeadLetterQueue": OfQueue,
        "UndeliveredFifoQueue": OfChannel,
        "UndeliveredQueue": OfChannel,
    }


def undelivered_by_topic(made: Made) -> str:
    """What is published to the topic cannot be delivered; its ARN."""
    dead, topic = made.queue("UndeliveredQueue"), made.topic("PaymentsTopic")
    made.subscribe(topic, f"{dead}-gone", dead)
    return topic


def test_what_a_topic_could_not_deliver_is_published_again(made: Made) -> None:
    topic = undelivered_by_topic(made)
    bodies = [event() for _ in range(12)]  # more than are received at once
    for body in bodies:
        made.cloud.client("sns").publish(TopicArn=topic, Message=body)
    made.wait_until_there("UndeliveredQueue", 12)
    made.subscribe(topic, made.queue("SalesQueue"))
    made.cloud.client("sns").unsubscribe(SubscriptionArn=_first_subscription(made, topic))

    assert of(made, "UndeliveredQueue").redrive() == 12

    messages = made.wait_for("SalesQueue", 12)
    assert sorted(message["Body"] for message in messages) == sorted(bodies)
    types = {message["MessageAttributes"]["type"]["StringValue"] for message in messages}
    assert types == {"payment.accepted.v1"}
    assert count(made.stack, "UndeliveredQueue") == 0


def _first_subscription(made: Made, topic: str) -> str:
    sns = made.cloud.client("sns")
    return str(
        sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"]
    )


def test_reports_are_published_to_the_topic_of_outcomes(made: Made) -> None:
    made.queue("UndeliveredQueue")
    made.topic("PaymentsTopic")
    made.subscribe(made.topic("OutcomesTopic"), made.queue("OutcomesQueue"))
    report = event(type="step.reported.v1", source="sales")
    made.send("UndeliveredQueue", report)

    assert of(made, "UndeliveredQueue").redrive() == 1

    assert [message["Body"] for message in made.wait_for("OutcomesQueue", 1)] == [report]


def test_to_a_fifo_topic_events_go_in_their_order_and_are_not_taken_for_duplicates(
    made: Made,
) -> None:
    topic = made.topic("PaymentsTopic", FifoTopic="true")
    made.subscribe(topic, made.queue("CustomerQueue", **FIFO))
    made.queue("UndeliveredFifoQueue", **FIFO)
    bodies = [event(partitionkey="P-1", number=number) for number in range(3)]
    sns, sqs = made.cloud.client("sns"), made.cloud.client("sqs")
    for body in bodies:
        id = json.loads(body)["id"]
        # A moment ago they were published, and the topic remembers.
        group = {"MessageGroupId": "P-1", "MessageDeduplicationId": id}
        sns.publish(TopicArn=topic, Message=body, **group)
        url = made.resources["UndeliveredFifoQueue"].id
        sqs.send_message(QueueUrl=url, MessageBody=body, **group)
    made.wait_for("CustomerQueue", 3)

    assert of(made, "UndeliveredFifoQueue").redrive() == 3

    again = made.wait_for("CustomerQueue", 3)
    assert [message["Body"] for message in again] == bodies
    assert {message["Attributes"]["MessageGroupId"] for message in again} == {"P-1"}


def test_what_a_rule_could_not_deliver_is_put_on_the_bus_again_as_it_came(made: Made) -> None:
    bus = made.bus()
    dead = made.queue("UndeliveredQueue")
    made.rule("gone", f"{dead}-gone", dead)
    body = event()
    entry = {"EventBusName": bus, "Source": "stack.payments", "DetailType": "payment.accepted.v1"}
    events = made.cloud.client("events")
    events.put_events(Entries=[entry | {"Detail": body}])
    made.wait_until_there("UndeliveredQueue", 1)
    events.remove_targets(Rule="gone", EventBusName=made.name, Ids=["gone"])
    made.rule("mended", made.queue("SalesQueue"))

    assert of(made, "UndeliveredQueue").redrive() == 1

    (message,) = made.wait_for("SalesQueue", 1)
    assert json.loads(message["Body"]) == json.loads(body)
    assert count(made.stack, "UndeliveredQueue") == 0


@pytest.mark.parametrize(
    "poison",
    ["not JSON", "[]", '{"type": 1}', '{"specversion": "1.0"}', '{"detail-type": "payment"}'],
)
def test_what_is_no_event_stays_and_is_named_while_the_others_are_sent(
    made: Made, poison: str
) -> None:
    made.bus()
    made.subscribe(made.topic("PaymentsTopic"), made.queue("SalesQueue"))
    made.queue("UndeliveredQueue")
    good = event()
    made.send("UndeliveredQueue", poison, good)

    with pytest.raises(Failed, match="1 sent again, but not"):
        of(made, "UndeliveredQueue").redrive()

    assert [message["Body"] for message in made.wait_for("SalesQueue", 1)] == [good]
    assert [message["Body"] for message in made.wait_for("UndeliveredQueue", 1)] == [poison]


def test_nothing_is_lost_where_the_channel_has_changed_since(made: Made) -> None:
    made.queue("UndeliveredQueue")
    made.send("UndeliveredQueue", event())

    with pytest.raises(Failed, match="another channel now, without PaymentsTopic"):
        of(made, "UndeliveredQueue").redrive()

    made.wait_until_there("UndeliveredQueue", 1)
