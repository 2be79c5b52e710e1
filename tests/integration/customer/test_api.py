"""Customer's API over a real database."""

import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import PaymentAccepted
from customer import api
from customer.ledger import AuroraLedger
from local.servers.postgres import Postgres
from payment_requests import aurora
from payment_requests.service import report
from runtime import aws
from tests.builders import LambdaContext, api_event, body, outcome, policy
from tests.fakes import FakeSqs
from tests.integration.conftest import TestDatabase
from tests.lines import about, counted, parsed

QUEUE = "https://sqs.example/sales"


@pytest.fixture(autouse=True)
def sqs(db: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSqs]:
    """The API's settings, two policies, and SQS in memory."""
    AuroraLedger(db.connect()).add_policies([policy(), policy("P-9", customer_id="C-9")])
    monkeypatch.setenv("DESTINATION", QUEUE)
    monkeypatch.setenv("SUBSCRIBERS", "sales")
    monkeypatch.setenv("ALLOWED_ORIGINS", "")
    caches = (api.settings, api.app)
    for cached in caches:
        cached.cache_clear()
    fake = FakeSqs()
    monkeypatch.setattr(aws, "sqs", lambda: fake)
    yield fake
    for cached in caches:
        cached.cache_clear()


class Answer:
    def __init__(self, answer: dict[str, Any]) -> None:
        self.status: int = answer["statusCode"]
        self.headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        self.body: dict[str, Any] = json.loads(answer["body"])


def call(method: str, path: str, **event: Any) -> Answer:
    return Answer(api.handler(api_event(method, path, **event), LambdaContext()))  # type: ignore[arg-type]


def post(key: str = "key-1", *, subject: str = "C-1", **changes: Any) -> Answer:
    headers = {"Idempotency-Key": key}
    return call("POST", "/payments", body=body(**changes), headers=headers, subject=subject)


def get(request_id: object, subject: str = "C-1") -> Answer:
    return call("GET", f"/payments/{request_id}", subject=subject)


def counts(db: TestDatabase) -> tuple[int, int, int]:
    """Rows of the ledger, requests, marks in the outbox."""
    tables = ("payments", "requests", "outbox")
    ((payments, requests, outbox),) = db.rows(
        "SELECT " + ",".join(f"(SELECT count(*) FROM {table})" for table in tables)
    )
    return payments, requests, outbox


def test_a_payment_is_accepted_published_and_found(db: TestDatabase, sqs: FakeSqs) -> None:
    accepted = post()

    request_id = accepted.body["requestId"]
    assert accepted.status == 202
    assert accepted.headers["Location"] == f"/payments/{request_id}"
    assert accepted.headers["Retry-After"]
    assert accepted.body["status"] == "accepted"
    assert [(s["service"], s["status"]) for s in accepted.body["steps"]] == [
        ("customer", "done"),
        ("sales", "pending"),
    ]
    (sent,) = sqs.bodies(QUEUE)
    assert str(PaymentAccepted.model_validate_json(sent).data.request_id) == request_id
    assert counts(db) == (1, 1, 0)
    found = get(request_id)
    assert (found.status, found.body) == (200, accepted.body)


def test_a_repeated_request_gets_its_present_state(db: TestDatabase, sqs: FakeSqs) -> None:
    first = post()
    request_id = UUID(first.body["requestId"])
    aurora.transaction(lambda requests: report(outcome(request_id), requests))

    repeated = post()

    assert repeated.status == 201
    assert "Retry-After" not in repeated.headers
    assert repeated.body["requestId"] == first.body["requestId"]
    assert repeated.body["status"] == "completed"
    assert len(sqs.sent) == 1
    assert counts(db) == (1, 1, 0)


@pytest.mark.parametrize(
    ("status", "reason", "submission"),
    [
        (422, "no policy P-404", {"policyId": "P-404"}),
        (422, "no policy P-9", {"policyId": "P-9"}),
        (422, "P-1 is 49.90 EUR", {"amount": {"value": "49.91", "currency": "EUR"}}),
        (422, "P-1 is 49.90 EUR", {"amount": {"value": "49.90", "currency": "USD"}}),
        (403, "subject of the bearer token", {"subject": "C-9"}),
        (422, "use a new key", {"key": "used", "period": "2026-10"}),
        (409, "P-1 is paid for 2026-09 already", {"key": "new", "period": "2026-09"}),
    ],
)
def test_a_refusal_says_why_and_changes_nothing(
    db: TestDatabase, sqs: FakeSqs, status: int, reason: str, submission: dict[str, Any]
) -> None:
    post("used", period="2026-09")
    before = counts(db), len(sqs.sent)

    refused = post(**submission)

    assert (refused.status, refused.body["status"]) == (status, status)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert reason in refused.body["detail"]
    assert (counts(db), len(sqs.sent)) == before


def test_the_same_key_of_another_customer_is_another_request(db: TestDatabase) -> None:
    first = post("key")
    eve = {"id": "C-9", "name": "Eve", "email": "eve@example.com"}
    second = post("key", subject="C-9", policyId="P-9", customer=eve)

    assert (first.status, second.status) == (202, 202)
    assert first.body["requestId"] != second.body["requestId"]
    assert counts(db) == (2, 2, 0)


def test_another_customers_request_looks_like_an_unknown_one() -> None:
    foreign = get(post().body["requestId"], subject="C-9")
    unknown = get(uuid4())

    assert foreign.status == unknown.status == 404
    assert foreign.body == unknown.body


def test_a_payment_stands_where_the_queue_is_down_and_the_mark_with_it(
    db: TestDatabase, sqs: FakeSqs, log: io.StringIO
) -> None:
    sqs.is_down = True

    assert post().status == 202
    assert counts(db) == (1, 1, 1)


def test_while_the_database_is_down_the_outcome_is_unknown_and_nothing_half_written(
    db: TestDatabase, sqs: FakeSqs, postgres: Postgres, log: io.StringIO
) -> None:
    accepted = post("before", period="2026-09")
    before = counts(db)
    db.close()

    postgres.stop()
    try:
        unavailable = [post(), get(accepted.body["requestId"])]
    finally:
        postgres.start()

    for answer in unavailable:
        assert answer.status == answer.body["status"] == 503
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Retry-After"]
    paying, asking = (answer.body["detail"] for answer in unavailable)
    assert "same Idempotency-Key" in paying
    assert "Idempotency-Key" not in asking
    assert counts(db) == before
    assert post().status == 202
    assert len(sqs.sent) == 2


def test_a_payment_stands_where_the_database_goes_down_before_the_mark_is_cleared(
    db: TestDatabase, sqs: FakeSqs, postgres: Postgres, log: io.StringIO
) -> None:
    def publish_and_stop(body: str) -> bool:
        postgres.stop()
        return False

    sqs.refuses = publish_and_stop
    try:
        assert post().status == 202
    finally:
        postgres.start()
    assert len(sqs.sent) == 1
    assert counts(db) == (1, 1, 1)


def test_no_log_line_holds_personal_data(
    db: TestDatabase, sqs: FakeSqs, postgres: Postgres, log: io.StringIO
) -> None:
    post()
    post(period="2026-13")
    post("key-2", amount={"value": "1.00", "currency": "EUR"})
    post("key-3")
    sqs.is_down = True
    post("key-4", period="2026-12")
    postgres.stop()
    try:
        post("key-5", period="2027-01")
    finally:
        postgres.start()

    lines = log.getvalue()
    assert "nothing published" in lines
    assert "unavailable" in lines
    for personal in ("Ada", "Lovelace", "ada@example.com"):
        assert personal not in lines


def test_a_payment_is_counted_once_however_often_it_is_repeated(
    sqs: FakeSqs, capsys: pytest.CaptureFixture[str]
) -> None:
    first = post()
    repeated = post()

    output = capsys.readouterr().out
    assert repeated.body["requestId"] == first.body["requestId"]
    assert counted(output) == ["PaymentsAccepted", "StepsDone customer"]
    assert {id for _, id in about(parsed(output))} == {first.body["requestId"]}
