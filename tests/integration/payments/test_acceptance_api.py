"""Payments' API in the publish/subscribe pattern over a real table."""

import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest
from pydantic import ValidationError

from local.cloud import Cloud
from payment_requests import dynamodb, wiring
from payment_requests.service import relay, report
from payments import acceptance_api, portfolio
from runtime import aws
from runtime.publishers import publisher
from tests.builders import LambdaContext, api_event, body, outcome, policy
from tests.fakes import FakeSqs
from tests.integration.conftest import dynamodb_table
from tests.lines import about, counted, parsed

QUEUE = "https://sqs.example/payments"
THREE = "payment.taken.v1,premium.paid.v1,confirmation.due.v1"
CACHES = (acceptance_api.settings, acceptance_api.app, portfolio.settings, dynamodb.settings)


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> FakeSqs:
    """What is published to, in memory."""
    fake = FakeSqs()
    monkeypatch.setattr(aws, "sqs", lambda: fake)
    return fake


@pytest.fixture(autouse=True)
def table(aws_clients: Cloud, sqs: FakeSqs, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The API's settings, and a table with two policies."""
    with dynamodb_table(aws_clients, "RequestsTable") as name:
        for variable, value in {
            "REQUESTS_TABLE": name,
            "MARK_RETENTION_DAYS": "90",
            "DESTINATION": QUEUE,
            "SUBSCRIBERS": "customer,sales,communication",
            "PUBLISHED_EVENTS": THREE,
            "ALLOWED_ORIGINS": "",
        }.items():
            monkeypatch.setenv(variable, value)
        for cached in CACHES:
            cached.cache_clear()
        policies = [policy(), policy("P-9", customer_id="C-9")]
        event = {"policies": [each.model_dump(mode="json") for each in policies]}
        assert portfolio.handler(event, LambdaContext()) == {"imported": 2}  # type: ignore[arg-type]
        yield name
        for cached in CACHES:
            cached.cache_clear()


class Answer:
    def __init__(self, answer: dict[str, Any]) -> None:
        self.status: int = answer["statusCode"]
        self.headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        self.body: dict[str, Any] = json.loads(answer["body"])


def call(method: str, path: str, **event: Any) -> Answer:
    answer = acceptance_api.handler(api_event(method, path, **event), LambdaContext())  # type: ignore[arg-type]
    return Answer(answer)


def post(key: str = "key-1", *, subject: str = "C-1", **changes: Any) -> Answer:
    headers = {"Idempotency-Key": key}
    return call("POST", "/payments", body=body(**changes), headers=headers, subject=subject)


def get(request_id: object, subject: str = "C-1") -> Answer:
    return call("GET", f"/payments/{request_id}", subject=subject)


def stored(cloud: Cloud, table: str) -> dict[str, int]:
    """How many requests, taken periods and marks to publish an event are in the table."""
    items = cloud.client("dynamodb").scan(TableName=table)["Items"]
    kinds = [item["pk"]["S"].split("#")[0] for item in items]
    return {kind: kinds.count(kind) for kind in ("REQUEST", "PERIOD", "OUTBOX")}


def published(sqs: FakeSqs) -> list[str]:
    """The types of the events."""
    return [json.loads(sent)["type"] for sent in sqs.bodies(QUEUE)]


def relay_marks() -> tuple[int, int]:
    later = datetime.now(UTC) + timedelta(minutes=1)
    return relay(later, wiring.transaction(), publisher(QUEUE))


def test_a_payment_is_accepted_published_and_found(sqs: FakeSqs, cloud: Cloud, table: str) -> None:
    accepted = post()

    request_id = accepted.body["requestId"]
    assert accepted.status == 202
    assert accepted.headers["Location"] == f"/payments/{request_id}"
    assert [(s["service"], s["status"]) for s in accepted.body["steps"]] == [
        ("customer", "pending"),
        ("sales", "pending"),
        ("communication", "pending"),
    ]
    assert published(sqs) == THREE.split(",")
    assert stored(cloud, table) == {"REQUEST": 1, "PERIOD": 1, "OUTBOX": 0}
    found = get(request_id)
    assert (found.status, found.body) == (200, accepted.body)


def test_a_repeated_request_gets_its_present_state(sqs: FakeSqs, cloud: Cloud, table: str) -> None:
    request_id = UUID(post().body["requestId"])
    for service in ("communication", "sales", "customer"):
        done = outcome(request_id, service=service)
        wiring.transaction()(lambda requests, done=done: report(done, requests))

    repeated = post()

    assert (repeated.status, repeated.body["status"]) == (201, "completed")
    assert len(published(sqs)) == 3
    assert stored(cloud, table) == {"REQUEST": 1, "PERIOD": 1, "OUTBOX": 0}


@pytest.mark.parametrize(
    ("status", "reason", "submission"),
    [
        (422, "no policy P-404", {"policyId": "P-404"}),
        (422, "no policy P-9", {"policyId": "P-9"}),
        (422, "P-1 is 49.90 EUR", {"amount": {"value": "49.91", "currency": "EUR"}}),
        (403, "subject of the bearer token", {"subject": "C-9"}),
        (422, "use a new key", {"key": "used", "period": "2026-10"}),
        (409, "P-1 is paid for 2026-09 already", {"key": "new", "period": "2026-09"}),
    ],
)
def test_a_refusal_says_why_and_nobody_hears_of_it(
    sqs: FakeSqs, cloud: Cloud, table: str, status: int, reason: str, submission: dict[str, Any]
) -> None:
    post("used", period="2026-09")
    before = stored(cloud, table), published(sqs)

    refused = post(**submission)

    assert (refused.status, refused.body["status"]) == (status, status)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert reason in refused.body["detail"]
    assert (stored(cloud, table), published(sqs)) == before


def test_different_keys_at_once_take_a_period_once(
    sqs: FakeSqs, cloud: Cloud, table: str, log: io.StringIO
) -> None:
    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(answer.status for answer in pool.map(post, map(str, range(6))))

    assert statuses == [202, 409, 409, 409, 409, 409]
    assert stored(cloud, table) == {"REQUEST": 1, "PERIOD": 1, "OUTBOX": 0}
    assert len(published(sqs)) == 3


def test_the_same_key_at_once_is_one_request(
    sqs: FakeSqs, cloud: Cloud, table: str, log: io.StringIO
) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(post, ["key"] * 6))

    assert {answer.status for answer in answers} == {202}
    assert len({answer.body["requestId"] for answer in answers}) == 1
    assert stored(cloud, table) == {"REQUEST": 1, "PERIOD": 1, "OUTBOX": 0}
    assert len(published(sqs)) == 3


def test_the_same_key_of_another_customer_is_another_request() -> None:
    eve = {"id": "C-9", "name": "Eve", "email": "eve@example.com"}

    first, second = post("key"), post("key", subject="C-9", policyId="P-9", customer=eve)

    assert (first.status, second.status) == (202, 202)
    assert first.body["requestId"] != second.body["requestId"]


def test_another_customers_request_looks_like_an_unknown_one() -> None:
    foreign = get(post().body["requestId"], subject="C-9")
    unknown = get(uuid4())

    assert foreign.status == unknown.status == 404
    assert foreign.body == unknown.body


def test_what_could_not_be_published_after_the_commit_is_the_relays(
    sqs: FakeSqs, cloud: Cloud, table: str, log: io.StringIO
) -> None:
    sqs.is_down = True
    assert post().status == 202
    assert stored(cloud, table) == {"REQUEST": 1, "PERIOD": 1, "OUTBOX": 3}

    sqs.is_down = False
    assert relay_marks() == (3, 3)
    assert relay_marks() == (0, 0)
    assert sorted(published(sqs)) == sorted(THREE.split(","))


def test_only_the_entries_that_were_refused_are_published_again(
    sqs: FakeSqs, cloud: Cloud, table: str, log: io.StringIO
) -> None:
    sqs.refuses = lambda entry: "premium.paid.v1" in entry
    assert post().status == 202
    assert stored(cloud, table)["OUTBOX"] == 1

    sqs.refuses = lambda entry: False
    assert relay_marks() == (1, 1)
    assert published(sqs) == ["payment.taken.v1", "confirmation.due.v1", "premium.paid.v1"]


def test_where_the_commit_fails_nothing_happened(
    sqs: FakeSqs,
    cloud: Cloud,
    table: str,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as down:
        nowhere = boto3.client("dynamodb", endpoint_url="http://127.0.0.1:1")
        down.setattr(aws, "dynamodb", lambda: nowhere)
        refused = post()

    assert refused.status == 503
    assert "same Idempotency-Key" in refused.body["detail"]
    assert refused.headers["Retry-After"]
    assert published(sqs) == []
    assert stored(cloud, table) == {"REQUEST": 0, "PERIOD": 0, "OUTBOX": 0}
    assert post().status == 202


def test_a_request_is_forgotten_and_a_taken_period_never(cloud: Cloud, table: str) -> None:
    post()

    items = cloud.client("dynamodb").scan(TableName=table)["Items"]
    expires = {item["pk"]["S"].split("#")[0]: "expiresAt" in item for item in items}
    assert expires == {"REQUEST": True, "PERIOD": False, "POLICY": False}


def test_a_name_and_an_address_stay_only_until_they_are_published(
    sqs: FakeSqs, cloud: Cloud, table: str, log: io.StringIO
) -> None:
    sqs.is_down = True
    post()
    assert "ada@example.com" in str(cloud.client("dynamodb").scan(TableName=table))

    sqs.is_down = False
    relay_marks()
    assert "ada@example.com" not in str(cloud.client("dynamodb").scan(TableName=table))
    for personal in ("Ada", "Lovelace", "ada@example.com"):
        assert personal not in log.getvalue()


def test_an_event_that_nobody_knows_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLISHED_EVENTS", "payment.accepted.v1,payment.acepted.v1")
    acceptance_api.settings.cache_clear()

    with pytest.raises(ValidationError, match=r"payment\.acepted\.v1"):
        acceptance_api.settings()


def test_a_payment_is_counted_once_however_often_it_is_repeated(
    sqs: FakeSqs, capsys: pytest.CaptureFixture[str]
) -> None:
    first = post()
    repeated = post()

    output = capsys.readouterr().out
    assert repeated.body["requestId"] == first.body["requestId"]
    assert counted(output) == ["PaymentsAccepted"]
    assert {id for _, id in about(parsed(output))} == {first.body["requestId"]}
