"""The events' schemas are those that the contracts make. If not: `make event-schemas`."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from jsonschema import Draft4Validator

from contracts.events import Event, StoredEvent
from local.event_schemas import FOLDER, TEMPLATE, documents, registered
from local.routes import samples
from runtime import aws
from runtime.publishers import BusPublisher, TopicPublisher
from tests.templates.cloudformation import read

SAMPLES = samples.read(FOLDER / "examples")
MISSING = object()
STACK = "${AWS::StackName}"
# The first is JSON's own, the second EventBridge's.
BESIDE_DRAFT_4 = {"$ref", "x-amazon-events-detail-type"}

each_schema = pytest.mark.parametrize("name", documents())
each_sample = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)


def validator(name: str) -> Draft4Validator:
    return Draft4Validator(json.loads(documents()[name]))


def test_the_schemas_in_docs_are_up_to_date() -> None:
    assert {path.stem: path.read_text() for path in FOLDER.glob("*.json")} == documents()


def test_the_schemas_in_the_template_are_up_to_date() -> None:
    assert registered(TEMPLATE.read_text(), documents()) == TEMPLATE.read_text()


def test_the_template_registers_every_schema() -> None:
    schemas = {
        resource["Properties"]["SchemaName"]: json.loads(resource["Properties"]["Content"])
        for resource in read(TEMPLATE)["Resources"].values()
        if resource["Type"] == "AWS::EventSchemas::Schema"
    }
    assert schemas == {name: json.loads(document) for name, document in documents().items()}


def test_a_template_without_the_schema_is_refused() -> None:
    with pytest.raises(ValueError, match=r"has no schema payment\.accepted\.v1"):
        registered("Resources: {}", documents())


def event_types(contract: type[Event] = Event) -> Iterator[str]:
    for each in contract.__subclasses__():
        if each.__module__ == Event.__module__:
            if isinstance(named := each.model_fields["type"].default, str):
                yield named
            yield from event_types(each)


def test_every_event_of_the_contracts_has_a_schema_and_a_sample() -> None:
    assert set(event_types()) == documents().keys()
    assert {sample.content["detail-type"] for sample in SAMPLES.values()} == documents().keys()


def schemas_within(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    named = [*schema.get("properties", {}).values(), *schema.get("definitions", {}).values()]
    for inner in (*named, *schema.get("anyOf", []), *filter(None, [schema.get("items")])):
        yield from schemas_within(inner)


@each_schema
def test_a_schema_is_of_draft_4(name: str) -> None:
    schema = json.loads(documents()[name])
    known = Draft4Validator.META_SCHEMA["properties"].keys() | BESIDE_DRAFT_4

    Draft4Validator.check_schema(schema)
    # A later draft's keyword would be ignored.
    assert {keyword for each in schemas_within(schema) for keyword in each} <= known


@each_schema
def test_a_schema_is_open_to_fields_of_newer_producers(name: str) -> None:
    for each in schemas_within(json.loads(documents()[name])):
        assert "additionalProperties" not in each


@each_sample
def test_a_sample_event_has_its_schema(sample: samples.Sample) -> None:
    validator(sample.content["detail-type"]).validate(sample.content)


def changed(event: Any, path: Sequence[str], value: Any) -> Any:
    """The event with another value at the path, or without that field."""
    name, *rest = path
    others = {key: item for key, item in event.items() if key != name}
    if rest:
        return others | {name: changed(event[name], rest, value)}
    return others if value is MISSING else others | {name: value}


def fields(event: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, item in event.items():
        yield (name,)
        if isinstance(item, dict):
            yield from ((name, *rest) for rest in fields(item))


@each_sample
def test_every_field_that_producers_always_write_is_required(sample: samples.Sample) -> None:
    event = sample.content
    valid = validator(event["detail-type"])
    may_be_left_out = {("detail", "partitionkey")}
    if event["detail-type"] == "payment.accepted.v1":
        may_be_left_out.add(("detail", "data", "payer"))

    for path in (*fields({"detail": event["detail"]}), ("source",), ("detail-type",)):
        is_valid = valid.is_valid(changed(event, path, MISSING))
        assert is_valid is (path in may_be_left_out), path


@pytest.mark.parametrize(
    ("name", "path", "wrong"),
    [
        ("payments/payment.accepted.v1", "detail-type", "payment.accepted.v2"),
        ("payments/payment.accepted.v1", "detail.type", "payment.accepted.v2"),
        ("payments/payment.accepted.v1", "detail.specversion", "2.0"),
        ("payments/payment.taken.v1", "detail.data", None),
        ("payments/payment.taken.v1", "detail.data.amount.value", 29.4),
        ("payments/payment.taken.v1", "detail.data.amount.currency", "eur"),
        ("payments/premium.paid.v1", "detail.data.period", "2026-13"),
        ("payments/confirmation.due.v1", "detail.data.payer", "Ada Example"),
        ("sales/step.reported.v1", "detail.data.status", "pending"),
    ],
)
def test_a_broken_event_does_not_have_its_schema(name: str, path: str, wrong: Any) -> None:
    event = SAMPLES[name].content

    broken = changed(event, path.split("."), wrong)

    assert not validator(event["detail-type"]).is_valid(broken)


@each_sample
def test_a_sample_event_is_what_a_service_publishes(
    sample: samples.Sample, published: list[dict[str, Any]]
) -> None:
    event = StoredEvent.model_validate(sample.content["detail"])

    BusPublisher("arn:aws:events:us-east-1:000000000000:event-bus/default", STACK).publish([event])
    TopicPublisher("arn:aws:sns:us-east-1:000000000000:payments").publish([event])

    put, message = published
    assert (put["Source"], put["DetailType"]) == (sample.content["source"], event.type)
    assert json.loads(put["Detail"]) == sample.content["detail"] == json.loads(message["Message"])
    assert message["MessageAttributes"] == sample.content["MessageAttributes"]


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What EventBridge and SNS are given, in memory."""
    given: list[dict[str, Any]] = []

    class Destination:
        def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
            given.extend(Entries)
            return {"Entries": [{"EventId": "1"} for _ in Entries]}

        def publish_batch(
            self, *, TopicArn: str, PublishBatchRequestEntries: list[dict[str, Any]]
        ) -> dict[str, Any]:
            given.extend(PublishBatchRequestEntries)
            return {}

    for client in ("events", "sns"):
        monkeypatch.setattr(aws, client, Destination)
    return given
