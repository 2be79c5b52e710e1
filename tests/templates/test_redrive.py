"""`make redrive` finds every dead-letter queue of a stack by its name, and knows its way back."""

from operations.dead_letters import DeadLetters, OfChannel, OfQueue, dead_letters
from operations.place import Place
from operations.stack import Resource
from operations.stack import Stack as Deployed
from tests.templates.channels import undelivered
from tests.templates.cloudformation import Stack
from tests.templates.test_queues import dead_letter_queues


def as_deployed(stack: Stack) -> Deployed:
    resources = {
        name: Resource(resource["Type"], name) for name, resource in stack.resources.items()
    }
    return Deployed("premiums", Place("nowhere", "", print), "CREATE_COMPLETE", {}, {}, resources)


def found(stack: Stack) -> dict[str, type[DeadLetters]]:
    return {each.name: type(each) for each in dead_letters(as_deployed(stack))}


def test_dead_letters_go_back_to_their_queue_or_are_published_again(stack: Stack) -> None:
    assert found(stack) == {
        **dict.fromkeys(dead_letter_queues(stack), OfQueue),
        **dict.fromkeys(undelivered(stack), OfChannel),
    }


def test_the_queue_that_is_named_as_the_way_back_is_there(stack: Stack) -> None:
    for queue in dead_letters(as_deployed(stack)):
        if isinstance(queue, OfQueue):
            assert queue.way.removeprefix("back to ") in stack.of_type("AWS::SQS::Queue")


def test_where_to_publish_again_is_among_the_outputs(pubsub_stack: Stack) -> None:
    topics = {"PaymentsTopic", "OutcomesTopic"}

    assert OfChannel in found(pubsub_stack).values()
    assert topics <= pubsub_stack.outputs.keys() or "EventBusArn" in pubsub_stack.outputs
