"""No message is lost: dead-letter queues, time-outs and retries fit together."""

from typing import Any

import pytest

from runtime.consumer import RESERVE_MILLISECONDS
from tests.templates.channels import undelivered
from tests.templates.cloudformation import Stack, arn_of, target
from tests.templates.conftest import CASES
from tests.templates.roles import as_list

DAY = 24 * 60 * 60
WITH_QUEUES = [case for case in CASES if "AWS::SQS::Queue" in case.template.read_text()]
pytestmark = pytest.mark.parametrize(
    "variant", WITH_QUEUES, ids=lambda variant: variant.name, indirect=True, scope="session"
)


def dead_letter_queues(stack: Stack) -> set[str]:
    """Of the queues; subscriptions and rules have others."""
    return {
        arn_of(queue["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in stack.of_type("AWS::SQS::Queue").values()
        if "RedrivePolicy" in queue
    }


def work_queues(stack: Stack) -> dict[str, dict[str, Any]]:
    queues = stack.of_type("AWS::SQS::Queue")
    others = dead_letter_queues(stack) | undelivered(stack)
    return {name: queues[name] for name in queues.keys() - others}


def consumers(stack: Stack) -> dict[str, dict[str, Any]]:
    """The event source mapping of each queue."""
    mappings = stack.of_type("AWS::Lambda::EventSourceMapping").values()
    return {arn_of(mapping["EventSourceArn"]): mapping for mapping in mappings}


def function(stack: Stack, mapping: dict[str, Any]) -> dict[str, Any]:
    return stack.of_type("AWS::Lambda::Function")[target(mapping["FunctionName"])]


def test_every_queue_has_a_dead_letter_queue_of_its_own(stack: Stack) -> None:
    queues = work_queues(stack)

    assert queues
    assert all("RedrivePolicy" in queue for queue in queues.values())
    assert len(dead_letter_queues(stack)) == len(queues)


def test_one_hiccup_makes_no_dead_letter(stack: Stack) -> None:
    for queue in work_queues(stack).values():
        assert int(queue["RedrivePolicy"]["maxReceiveCount"]) >= 5


def test_the_consumer_counts_the_attempts_as_its_queue_does(stack: Stack) -> None:
    for name, mapping in consumers(stack).items():
        variables = function(stack, mapping)["Environment"]["Variables"]
        queue = stack.of_type("AWS::SQS::Queue")[name]
        assert variables["MAX_RECEIVE_COUNT"] == queue["RedrivePolicy"]["maxReceiveCount"]
        assert target(variables["QUEUE_URL"]) == name


def test_dead_letters_are_kept_for_14_days_and_longer_than_messages(stack: Stack) -> None:
    queues = stack.of_type("AWS::SQS::Queue")
    for name in dead_letter_queues(stack) | undelivered(stack):
        assert queues[name]["MessageRetentionPeriod"] == 14 * DAY
    for queue in work_queues(stack).values():
        assert queue["MessageRetentionPeriod"] < 14 * DAY


def test_there_is_time_for_every_message_of_a_batch_also_where_each_takes_two_seconds(
    stack: Stack,
) -> None:
    for mapping in consumers(stack).values():
        seconds = function(stack, mapping)["Timeout"] - RESERVE_MILLISECONDS / 1000
        assert 2 * mapping["BatchSize"] <= seconds


def test_a_message_stays_hidden_for_six_times_its_consumers_time_out(stack: Stack) -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    for name, mapping in consumers(stack).items():
        queue = stack.of_type("AWS::SQS::Queue")[name]
        assert int(queue["VisibilityTimeout"]) >= 6 * function(stack, mapping)["Timeout"]


def test_no_value_of_a_parameter_breaks_these_rules(source: dict[str, Any], stack: Stack) -> None:
    parameters = source["Parameters"]
    longest = max(function(stack, mapping)["Timeout"] for mapping in consumers(stack).values())

    assert parameters["MaxReceiveCount"]["MinValue"] >= 5
    assert parameters["VisibilityTimeoutSeconds"]["MinValue"] >= 6 * longest
    concurrencies = [name for name in parameters if name.endswith("Concurrency")]
    assert concurrencies
    for name in concurrencies:
        assert parameters[name]["MinValue"] >= 2  # SQS refuses less


def test_every_queue_is_consumed_in_partial_batches(stack: Stack) -> None:
    assert consumers(stack).keys() == work_queues(stack).keys()
    for mapping in consumers(stack).values():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_each_service_sets_its_own_pace(source: dict[str, Any], stack: Stack) -> None:
    for parameter in source["Parameters"]:
        service, concurrency, _ = parameter.partition("Concurrency")
        if concurrency:
            mapping = consumers(stack.given(**{parameter: "7"}))[f"{service}Queue"]
            assert mapping["ScalingConfig"]["MaximumConcurrency"] == "7"


def test_a_step_may_use_all_its_attempts_before_its_deadline(
    source: dict[str, Any], stack: Stack
) -> None:
    deadline = int(source["Parameters"]["StepDeadlineSeconds"]["Default"])
    for queue in work_queues(stack).values():
        attempts = int(queue["RedrivePolicy"]["maxReceiveCount"])
        assert deadline > attempts * int(queue["VisibilityTimeout"])


def test_marks_of_effects_outlive_every_message(source: dict[str, Any], stack: Stack) -> None:
    queues = stack.of_type("AWS::SQS::Queue").values()
    # A message redriven on its last day as a dead letter starts again.
    longest = 2 * sum({queue["MessageRetentionPeriod"] for queue in queues})
    marks, archive = (source["Parameters"].get(f"{n}Days") for n in ("MarkRetention", "Archive"))
    if archive:
        assert marks["MinValue"] * DAY > longest + archive["MaxValue"] * DAY
        assert archive["MinValue"] > 0  # 0 is for ever
    assert marks["Default"] * DAY > longest


def test_queues_are_encrypted(stack: Stack) -> None:
    for queue in stack.of_type("AWS::SQS::Queue").values():
        assert queue.get("SqsManagedSseEnabled") or queue.get("KmsMasterKeyId")


def test_queues_are_reached_over_tls_only(stack: Stack) -> None:
    protected = set()
    for policy in stack.of_type("AWS::SQS::QueuePolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Deny":
                assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
                assert (statement["Principal"], statement["Action"]) == ("*", "sqs:*")
                denied = {arn_of(arn) for arn in as_list(statement["Resource"])}
                protected |= denied & {target(queue) for queue in policy["Queues"]}

    assert protected == stack.of_type("AWS::SQS::Queue").keys()


def test_alarms_watch_every_dead_letter_queue_and_the_age_of_every_message(stack: Stack) -> None:
    watched: dict[str, set[str]] = {}
    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        if alarm.get("Namespace") == "AWS/SQS":
            (dimension,) = alarm["Dimensions"]
            assert dimension["Name"] == "QueueName"
            assert dimension["Value"]["Fn::GetAtt"][1] == "QueueName"
            watched.setdefault(alarm["MetricName"], set()).add(target(dimension["Value"]))

    dead = dead_letter_queues(stack) | undelivered(stack)
    assert watched["ApproximateNumberOfMessagesVisible"] == dead
    assert watched["ApproximateAgeOfOldestMessage"] == work_queues(stack).keys()


def test_every_queue_of_a_function_sets_how_many_work_on_it_at_once(stack: Stack) -> None:
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        assert 2 <= int(mapping["ScalingConfig"]["MaximumConcurrency"]) <= 1000


def test_a_short_outage_uses_up_no_message_and_a_long_one_is_swept(stack: Stack) -> None:
    parameters = {name: p.get("Default") for name, p in stack.template["Parameters"].items()}
    attempts = int(parameters["MaxReceiveCount"])

    waited = float(parameters["RetryDelaySeconds"]) * (2 ** (attempts - 1) - 1)

    assert 300 <= waited < float(parameters["StepDeadlineSeconds"])
