"""Event source mappings of SQS queues wait for messages, instead of asking now and then.

LocalStack asks without waiting, and pauses after each answer and longer after an empty one: either
idle queues cost CPU, or a message lies for a second and a backlog drains at 30 messages a second.
Lambda itself uses long polling too: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from localstack.services.lambda_.event_source_mapping import esm_worker
from localstack.services.lambda_.event_source_mapping.pollers.poller import (
    EmptyPollResultsException,
)
from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller

from . import faults

# The end of a mapping waits for the poll under way, so it should be short.
_WAIT_SECONDS = 1


def install() -> None:
    poll = SqsPoller.poll_events
    register_hooks = SqsPoller._register_client_hooks
    hand_over: Callable[[SqsPoller, list[Any]], None] = SqsPoller.handle_messages

    def poll_events(poller: SqsPoller) -> None:
        faults.gather(_queue(poller))
        with suppress(EmptyPollResultsException):  # after which the worker would pause
            poll(poller)

    def register_client_hooks(poller: SqsPoller) -> None:
        register_hooks(poller)
        poller.source_client.meta.events.register(
            "provide-client-params.sqs.ReceiveMessage", _wait_for_messages
        )

    def handle_messages(poller: SqsPoller, messages: list[Any]) -> None:
        faults.handed_over(hand_over, _queue(poller), poller, messages)

    SqsPoller.poll_events = poll_events
    SqsPoller.handle_messages = handle_messages
    SqsPoller._register_client_hooks = register_client_hooks
    esm_worker.LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC = 0


def _wait_for_messages(params: dict[str, Any], **_: Any) -> None:
    params["WaitTimeSeconds"] = max(params["WaitTimeSeconds"], _WAIT_SECONDS)


def _queue(poller: SqsPoller) -> str:
    """Its name."""
    name: str = poller.source_arn.rpartition(":")[2]
    return name
