"""Publish/subscribe: a queue takes messages from its own topics or rules alone, and a stack hears
no other.
"""

import re

import pytest

from payments.acceptance import EVENTS
from tests.templates.channels import bus, rules, subscriptions, undelivered
from tests.templates.cloudformation import Stack, arn_of, target, text
from tests.templates.conftest import EVENTBRIDGE, LOCALLY, OWN_BUS, deployed, made
from tests.templates.roles import as_list
from tests.templates.test_functions import functions, variables

QUEUES = {"Customer", "Sales", "Communication", "Audit", "Outcomes"}
each_channel_of_eventbridge = pytest.mark.parametrize("name", EVENTBRIDGE)


def deliveries(stack: Stack) -> set[tuple[str, str, str]]:
    """Service, topic or rule, and queue, of every way into a queue."""
    found = set()
    for subscription in subscriptions(stack).values():
        topic = target(subscription["TopicArn"])
        queue = arn_of(subscription["Endpoint"])
        dead = arn_of(subscription["RedrivePolicy"]["deadLetterTargetArn"])
        found |= {("sns.amazonaws.com", topic, each) for each in (queue, dead)}
    for name, rule in rules(stack).items():
        (invoked,) = rule["Targets"]
        queue, dead = arn_of(invoked["Arn"]), arn_of(invoked["DeadLetterConfig"]["Arn"])
        found |= {("events.amazonaws.com", name, each) for each in (queue, dead)}
    return found


def test_a_queue_takes_messages_from_its_own_topics_or_rules_and_from_no_others(
    pubsub_stack: Stack,
) -> None:
    allowed = set()
    for policy in pubsub_stack.of_type("AWS::SQS::QueuePolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert statement["Action"] == "sqs:SendMessage"
                queue = arn_of(statement["Resource"])
                assert queue in {target(each) for each in policy["Queues"]}
                service = statement["Principal"]["Service"]
                sources = as_list(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
                allowed |= {(service, target(source), queue) for source in sources}

    assert allowed == deliveries(pubsub_stack)


def test_every_subscriber_has_a_queue_on_every_channel(pubsub_stack: Stack) -> None:
    queues = {queue for _, _, queue in deliveries(pubsub_stack)}

    assert queues - undelivered(pubsub_stack) == {f"{name}Queue" for name in QUEUES}


def test_a_subscription_hands_over_the_message_as_it_was_published() -> None:
    subscribed = subscriptions(deployed("pubsub-sns")).values()

    assert subscribed
    for subscription in subscribed:
        assert subscription["Protocol"] == "sqs"
        assert subscription["RawMessageDelivery"] is True
        assert "FilterPolicy" not in subscription


@each_channel_of_eventbridge
def test_a_rule_is_on_and_tries_for_a_day_before_it_gives_an_event_up(name: str) -> None:
    for rule in rules(deployed(name)).values():
        (invoked,) = rule["Targets"]
        assert rule["State"] == "ENABLED"
        assert invoked["RetryPolicy"] == {
            "MaximumRetryAttempts": 185,
            "MaximumEventAgeInSeconds": 24 * 60 * 60,
        }


def test_topics_are_reached_over_tls_only() -> None:
    stack = deployed("pubsub-sns")
    protected = set()
    for policy in stack.of_type("AWS::SNS::TopicPolicy").values():
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Action"] == "sns:Publish"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert [statement["Resource"]] == policy["Topics"]
        protected.add(target(statement["Resource"]))

    assert protected == stack.of_type("AWS::SNS::Topic").keys()


@each_channel_of_eventbridge
def test_two_stacks_on_one_bus_do_not_hear_each_other(name: str) -> None:
    """A stack's name has no dot, so none that ends in one is the beginning of another."""
    stack = deployed(name)
    archives = stack.of_type("AWS::Events::Archive").values()
    for pattern in [r["EventPattern"] for r in (*rules(stack).values(), *archives)]:
        for source in pattern["source"]:
            begins = text(source.get("prefix", source))
            assert begins.startswith("${AWS::StackName}.")


def test_who_publishes_to_a_bus_says_which_stack_it_is_of(pubsub_stack: Stack) -> None:
    for function in functions(pubsub_stack).values():
        told = variables(function)
        for name in {"DESTINATION", "OUTCOMES_DESTINATION"} & told.keys():
            destination = text(told[name])
            match bus(pubsub_stack):
                case None:
                    topic = "PaymentsTopic" if name == "DESTINATION" else "OutcomesTopic"
                    assert destination == f"${{{topic}}}"
                case "default":
                    assert destination.endswith(":event-bus/default")
                case own:
                    assert destination == f"${{{own}.Arn}}"
            assert text(told["EVENT_NAMESPACE"]) == "${AWS::StackName}"


@each_channel_of_eventbridge
def test_an_event_of_a_later_version_reaches_the_subscriber_who_refuses_it(name: str) -> None:
    for rule in rules(deployed(name)).values():
        for pattern in rule["EventPattern"].get("detail-type", []):
            assert re.fullmatch(r"[a-z]+\.[a-z]+\.v", pattern["prefix"])


def test_rules_and_archive_are_of_the_bus_that_is_published_to() -> None:
    default, own = deployed("pubsub-one-event"), made(OWN_BUS)

    assert (bus(default), bus(own)) == ("default", "PaymentsBus")
    (archive,) = own.of_type("AWS::Events::Archive").values()
    assert arn_of(archive["SourceArn"]) == "PaymentsBus"
    (archive,) = default.of_type("AWS::Events::Archive").values()
    assert text(archive["SourceArn"]).endswith(":event-bus/default")
    assert not default.of_type("AWS::Events::EventBus")
    assert text(default.outputs["EventBusArn"]) == text(archive["SourceArn"])


@pytest.mark.parametrize(
    ("channel", "bus", "allowed"),
    [
        ("sns", "default", True),
        ("sns", "own", False),
        ("eventbridge-three-events", "own", True),
        ("eventbridge-one-event", "own", True),
    ],
)
def test_a_bus_of_its_own_is_refused_where_the_channel_is_no_bus(
    channel: str, bus: str, *, allowed: bool
) -> None:
    stack = deployed("pubsub-sns").given(Channel=channel, EventBus=bus)

    assert stack.allowed is allowed


@each_channel_of_eventbridge
def test_payments_are_archived_and_what_follows_from_them_is_not(name: str) -> None:
    stack = deployed(name).given(ArchiveDays="9")
    (archive,) = stack.of_type("AWS::Events::Archive").values()

    assert archive["RetentionDays"] == "9"
    assert [text(source) for source in archive["EventPattern"]["source"]] == [
        "${AWS::StackName}.payments"
    ]


@each_channel_of_eventbridge
def test_every_event_has_its_schema_in_a_registry_of_the_stack(name: str) -> None:
    stack = deployed(name)
    schemas = stack.of_type("AWS::EventSchemas::Schema").values()

    assert {schema["SchemaName"] for schema in schemas} == {*EVENTS, "step.reported.v1"}
    assert {target(schema["RegistryName"]) for schema in schemas} == {"SchemaRegistry"}
    for other in (deployed("pubsub-sns"), stack.given(**LOCALLY)):
        assert not other.of_type("AWS::EventSchemas::Schema")
