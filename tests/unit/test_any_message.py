"""Whatever a queue hands over, a consumer asks for exactly those messages again that it cannot do.

What is no event touches no store, and keeps nothing beside it from being done.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import audit.consumer
import communication.consumer
import customer.consumer
import payment_requests.consumer
import sales.consumer
from contracts.events import Event
from runtime import aws
from tests.builders import LambdaContext, published, request, sqs_event, sqs_record, step_reported
from tests.fakes import FakeSqs, MemoryLeads, MemoryLedger, MemoryMailer, MemoryRequests, MemorySent

pytestmark = pytest.mark.usefixtures("log")

SETTINGS = {
    "QUEUE_URL": "https://sqs.example/queue",
    "MAX_RECEIVE_COUNT": 5,
    "RETRY_DELAY_SECONDS": 1,
    "OUTCOMES_DESTINATION": "https://sqs.example/outcomes",
    "LEADS_TABLE": "leads",
    "CONFIRMATIONS_TABLE": "confirmations",
    "AUDIT_TABLE": "audit",
    "SENDER": "no-reply@insurance.example",
    "MARK_RETENTION_DAYS": 90,
}
REQUESTS = [UUID(int=number) for number in range(1, 7)]
"""Of as many messages as a batch has at most."""


class Function(NamedTuple):
    """A consumer over stores in memory."""

    handler: Callable[..., dict[str, Any]]
    effects: Callable[[], int]
    """How many messages have had theirs."""


@dataclass(frozen=True)
class Consumer:
    start: Callable[[pytest.MonkeyPatch], Function]
    message: Callable[[UUID], Event]
    """That it can do, about this request."""
    needs: list[str]
    """The fields without which it is none."""


def _customer(patch: pytest.MonkeyPatch) -> Function:
    ledger, module = MemoryLedger(), customer.consumer
    database = SimpleNamespace(transaction=lambda work: work(None))
    patch.setattr(module, "database", lambda: database)
    patch.setattr(module, "AuroraLedger", lambda _connection: ledger)
    patch.setattr(module, "settings", lambda: module.StepSettings.model_validate(SETTINGS))
    return Function(module.handler, lambda: len(ledger.payments))


def _sales(patch: pytest.MonkeyPatch) -> Function:
    leads, module = MemoryLeads(), sales.consumer
    patch.setattr(module, "wiring", lambda: (module.SalesSettings.model_validate(SETTINGS), leads))
    return Function(module.handler, lambda: len(leads.marks))


def _communication(patch: pytest.MonkeyPatch) -> Function:
    mailer, module = MemoryMailer(), communication.consumer
    settings = module.CommunicationSettings.model_validate(SETTINGS)
    patch.setattr(module, "wiring", lambda: (settings, MemorySent(), mailer))
    return Function(module.handler, lambda: len(mailer.sent))


def _audit(patch: pytest.MonkeyPatch) -> Function:
    kept: list[str] = []
    entries = SimpleNamespace(add=lambda event: kept.append(event.model_dump_json()))
    settings = audit.consumer.AuditSettings.model_validate(SETTINGS)
    patch.setattr(audit.consumer, "wiring", lambda: (settings, entries))
    return Function(audit.consumer.handler, lambda: len(kept))


def _outcomes(patch: pytest.MonkeyPatch) -> Function:
    requests = MemoryRequests(*(replace(request(), id=id) for id in REQUESTS))
    module = payment_requests.consumer
    patch.setattr(module, "transaction", lambda: requests.transaction)
    patch.setattr(module, "settings", lambda: module.QueueSettings.model_validate(SETTINGS))
    return Function(module.handler, lambda: len(requests.saved))


ENVELOPE = ["id", "source", "time", "data", "data.requestId"]
PREMIUM = [*ENVELOPE, "type", "data.customerId", "data.period"]
MONEY = ["data.policyId", "data.amount", "data.amount.value", "data.amount.currency"]
PAYER = ["data.payer", "data.payer.name", "data.payer.email"]
CONSUMERS = {
    "customer": Consumer(
        _customer,
        lambda id: published("payment.taken.v1", id, policy_id=f"P-{id}"),
        [*PREMIUM, *MONEY, "data.product"],
    ),
    "sales": Consumer(
        _sales, lambda id: published("premium.paid.v1", id), [*PREMIUM, "data.product"]
    ),
    "communication": Consumer(
        _communication,
        lambda id: published("confirmation.due.v1", id),
        [*PREMIUM, *MONEY, *PAYER],
    ),
    "audit": Consumer(_audit, lambda id: published("payment.accepted.v1", id), [*ENVELOPE, "type"]),
    "outcomes": Consumer(
        _outcomes,
        step_reported,
        [*ENVELOPE, "data.service", "data.status", "data.at"],
    ),
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=9), some),
    max_leaves=8,
)
NO_FIELD = st.none() | st.booleans() | st.lists(JSON, max_size=2) | st.just({})
"""Values that no field has."""
NO_EVENT = st.one_of(
    st.text(),
    st.binary().map(lambda raw: raw.decode(errors="surrogateescape")),
    JSON.map(json.dumps),
    st.integers(1, 20_000).map(lambda depth: "[" * depth),
    st.integers(4_000, 6_000).map(lambda digits: "9" * digits),
)


class Message(NamedTuple):
    body: str
    is_good: bool | None
    """None where it is near to one that is."""


@st.composite
def messages(draw: st.DrawFn, consumer: Consumer, request_id: UUID) -> Message:
    text = consumer.message(request_id).model_dump_json()
    event: dict[str, Any] = json.loads(text)
    *parents, name = draw(st.sampled_from(consumer.needs)).split(".")
    part = event
    for parent in parents:
        part = part[parent]
    match draw(st.sampled_from(["as it is", "new field", "text", "cut", "less", "wrong", "other"])):
        case "new field":
            part = part if isinstance(part[name], str) else part[name]
            part["new" + draw(st.text(max_size=9))] = draw(JSON)
            return Message(json.dumps(event), is_good=True)
        case "text":
            return Message(draw(NO_EVENT), is_good=False)
        case "cut":
            return Message(text[: draw(st.integers(0, len(text) - 1))], is_good=False)
        case "less":
            del part[name]
            return Message(json.dumps(event), is_good=False)
        case "wrong":
            part[name] = draw(NO_FIELD)
            return Message(json.dumps(event), is_good=False)
        case "other":
            part[name] = draw(JSON)
            return Message(json.dumps(event), is_good=None)
    return Message(text, is_good=True)


@pytest.mark.parametrize("consumer", CONSUMERS.values(), ids=CONSUMERS)
@given(st.data())
def test_exactly_what_a_consumer_cannot_do_comes_again(
    consumer: Consumer, data: st.DataObject
) -> None:
    batch = [data.draw(messages(consumer, id)) for id in REQUESTS[: data.draw(st.integers(1, 6))]]
    is_fifo = data.draw(st.booleans())
    records = [
        sqs_record(
            message.body,
            receives=data.draw(st.integers(1, 6)),
            group=f"group-{place}" if is_fifo else None,
        )
        for place, message in enumerate(batch)
    ]
    sqs = FakeSqs()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aws, "sqs", lambda: sqs)
        function = consumer.start(patch)
        answer = function.handler(sqs_event(*records), LambdaContext())

    assert answer.keys() == {"batchItemFailures"}
    again = [item["itemIdentifier"] for item in answer["batchItemFailures"]]
    known = {record["messageId"]: message for record, message in zip(records, batch, strict=True)}
    assert len(set(again)) == len(again)
    assert not [known[id] for id in again if known[id].is_good]
    assert not [m for id, m in known.items() if m.is_good is False and id not in again]
    assert function.effects() == len(batch) - len(again)
    assert len(sqs.visibility) == len(again)
