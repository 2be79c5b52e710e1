"""Payments that are published straight to a channel, all at once. Needs `src` to import."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from itertools import batched
from time import monotonic, sleep
from uuid import uuid4

from contracts.base import Money
from contracts.events import Event, PayerContact, PaymentDetails
from local.bench.channel import Channel
from local.bench.figures import NotMeasured
from local.bench.world import EMAIL
from local.paying.effects import read_effects
from payments.acceptance import EVENTS

_BATCH = 10
_SENDERS = 4
_CUSTOMERS = 500
_POLL_S = 0.5
_PATIENCE_S = 60.0
_PATIENCE_S_PER_PAYMENT = 0.3


def complete(channel: Channel, sizes: Sequence[int]) -> Iterator[tuple[float, float]]:
    """For each size, seconds until so many payments were published, and until Customer, Sales and
    Communication had done their parts.

    Audit, and Payments' consumer of the reports, wait meanwhile: no subscriber waits for them, but
    here they would all share one LocalStack.
    """
    with ExitStack() as paused:
        for function in ("AuditConsumerFunction", "OutcomesConsumerFunction"):
            paused.enter_context(channel.paused(function))
        for size in sizes:
            yield _complete(channel, size)


def published(number: int, types: Sequence[str]) -> list[Event]:
    """What tells of one payment, as Payments would publish it in events of these types."""
    payment = PaymentDetails(
        request_id=uuid4(),
        policy_id=f"P-{uuid4()}",
        customer_id=f"BENCH-{number % _CUSTOMERS}",
        product="motor",
        amount=Money(value=Decimal("49.90"), currency="EUR"),
        period="2026-11",
    )
    payer = PayerContact(name="Ada Lovelace", email=EMAIL)
    return [EVENTS[name](payment, payer, datetime.now(UTC)) for name in types]


def _complete(channel: Channel, size: int) -> tuple[float, float]:
    types, before = _published_types(channel), _effects(channel)
    events = [event for number in range(size) for event in published(number, types)]
    began = monotonic()
    with ThreadPoolExecutor(_SENDERS) as pool:
        list(pool.map(_sender(channel), batched(events, _BATCH)))
    published_s = monotonic() - began
    patience_s = _PATIENCE_S + size * _PATIENCE_S_PER_PAYMENT
    while True:
        channel.wait_until_idle(
            "CustomerQueue", "SalesQueue", "CommunicationQueue", patience_s=patience_s
        )
        completed_s = monotonic() - began
        done = {service: n - before[service] for service, n in _effects(channel).items()}
        if min(done.values()) == size:
            return published_s, completed_s
        if completed_s > patience_s:
            raise NotMeasured(f"of {size} payments there were done in time: {done}")
        sleep(_POLL_S)


def _published_types(channel: Channel) -> list[str]:
    configuration = channel.cloud.client("lambda").get_function_configuration(
        FunctionName=channel.stack.outputs["PaymentsApiFunction"]
    )
    types: str = configuration["Environment"]["Variables"]["PUBLISHED_EVENTS"]
    return types.split(",")


def _sender(channel: Channel) -> Callable[[Sequence[Event]], None]:
    outputs = channel.stack.outputs
    if "PaymentsTopic" in outputs:
        sns = channel.cloud.client("sns")

        def to_topic(events: Sequence[Event]) -> None:
            answer = sns.publish_batch(
                TopicArn=outputs["PaymentsTopic"],
                PublishBatchRequestEntries=[
                    {"Id": str(number), "Message": event.model_dump_json()}
                    for number, event in enumerate(events)
                ],
            )
            if answer.get("Failed"):
                raise NotMeasured(f"the topic refused events: {answer['Failed'][0]}")

        return to_topic
    bus = channel.cloud.client("events")

    def to_bus(events: Sequence[Event]) -> None:
        answer = bus.put_events(
            Entries=[
                {
                    "EventBusName": outputs["EventBusArn"],
                    "Source": f"{channel.stack.name}.{event.source}",
                    "DetailType": event.type,
                    "Detail": event.model_dump_json(),
                }
                for event in events
            ]
        )
        if answer["FailedEntryCount"]:
            raise NotMeasured(f"the bus refused events: {answer['Entries']}")

    return to_bus


def _effects(channel: Channel) -> dict[str, int]:
    effects = read_effects(channel.cloud, channel.stack)
    assert effects.mails is not None
    return {
        "customer": effects.ledger_rows,
        "sales": effects.lead_updates,
        "communication": effects.mails.noted,
    }
