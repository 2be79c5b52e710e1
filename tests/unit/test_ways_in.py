"""Whichever API a request comes in by, its lines carry its id, and refusals are counted."""

import io
import json
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communication import internal_api as communication_api
from contracts.api import PaymentSubmission
from customer import api as decoupled_api
from customer import internal_api as customer_api
from payment_requests.model import (
    ForeignCustomer,
    KeyReused,
    PaymentRequest,
    UnknownRequest,
    request_id,
)
from payment_requests.premiums import PeriodPaid, WrongAmount
from payments import acceptance_api, receipt
from payments import api as gateway_api
from runtime.errors import Refused, Unavailable
from runtime.logs import logger
from sales import internal_api as sales_api
from tests.builders import (
    LambdaContext,
    api_event,
    body,
    confirmation,
    ledger_entry,
    payment_accepted,
    request,
)
from tests.fakes import MemoryLeads, MemoryMailer, MemorySent
from tests.lines import about, counted, parsed

GATEWAY_ID = "gateway-request"
PUBLIC = [decoupled_api, gateway_api, acceptance_api]
INTERNAL: list[tuple[ModuleType, str, dict[str, Any], str]] = [
    (customer_api, "payments", ledger_entry().model_dump(mode="json"), "payment recorded"),
    (
        sales_api,
        "premiums",
        {"customerId": "C-1", "product": "home", "period": "2026-11"},
        "premium followed up",
    ),
    (
        communication_api,
        "confirmations",
        confirmation().model_dump(mode="json"),
        "payment confirmed",
    ),
]
ID = request_id("C-1", "key-1")

each_api = pytest.mark.parametrize("api", PUBLIC, ids=lambda api: api.__name__)
each_internal_api = pytest.mark.parametrize(
    ("api", "path", "asked", "said"), INTERNAL, ids=[api.__name__ for api, *_ in INTERNAL]
)

NO_REQUEST = st.one_of(
    st.text(),
    st.binary().map(lambda raw: raw.decode(errors="surrogateescape")),
    st.integers(1, 20_000).map(lambda depth: '{"customer":' * depth),
    st.integers(4_000, 6_000).map(lambda digits: '{"period":' + "9" * digits + "}"),
    st.dictionaries(st.text(), st.none() | st.booleans() | st.floats() | st.text()).map(json.dumps),
)
MEDIA_TYPES = st.sampled_from(
    [
        *("application/json", "application/json; charset=latin-1", "application/json;", ""),
        *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"),
    ]
)

type Pay = Callable[[PaymentSubmission, str, str], PaymentRequest]


@pytest.fixture(autouse=True)
def _settings(environment: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "DESTINATION": "https://sqs.example/queue",
        "SUBSCRIBERS": "sales",
        "PUBLISHED_EVENTS": "payment.accepted.v1",
        "REQUESTS_TABLE": "requests",
        "ORDERS_TABLE": "orders",
        "MARK_RETENTION_DAYS": "90",
        "RELAY_AGE_SECONDS": "30",
    }.items():
        environment.setenv(name, value)
    caches = [each for api in PUBLIC for each in (api.settings, api.app)]
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def call(api: ModuleType, method: str, path: str, **event: Any) -> int:
    """The status of the answer."""
    answer = api.handler(api_event(method, path, **event), LambdaContext())
    return int(answer["statusCode"])


def post(api: ModuleType, pay: Pay, patch: pytest.MonkeyPatch, **changes: Any) -> int:
    patch.setattr(api, "pay", pay)
    headers = {"Idempotency-Key": "key-1"}
    return call(api, "POST", "/payments", headers=headers, body=body(**changes))


def paying(_submission: PaymentSubmission, subject: str, key: str) -> PaymentRequest:
    logger.info("deep inside")
    return request(key, subject=subject)


def raising(error: Exception) -> Pay:
    def pay(_submission: PaymentSubmission, _subject: str, _key: str) -> PaymentRequest:
        raise error

    return pay


@each_api
def test_a_payment_is_logged_under_its_id_beside_that_of_the_gateways_request(
    api: ModuleType, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert post(api, paying, monkeypatch) == 202

    lines = parsed(log.getvalue())
    assert about(lines) == [("payment submitted", str(ID)), ("deep inside", str(ID))]
    assert lines[0]["gateway_request_id"] == GATEWAY_ID


@each_api
def test_a_question_about_a_payment_is_logged_under_its_id(
    api: ModuleType, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(_request_id: UUID, _subject: str) -> PaymentRequest:
        raise UnknownRequest

    monkeypatch.setattr(api, "find", find)

    assert call(api, "GET", f"/payments/{ID}") == 404
    assert about(parsed(log.getvalue())) == [("refused", str(ID))]


@each_api
def test_an_invalid_request_is_logged_under_the_gateways_id_also_after_a_payment(
    api: ModuleType, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(api, paying, monkeypatch)

    assert post(api, paying, monkeypatch, period="2026-13") == 400
    assert about(parsed(log.getvalue()))[-1] == ("refused", GATEWAY_ID)


@pytest.mark.parametrize(
    ("api", "refusal", "status"),
    [
        *((api, ForeignCustomer("customer.id must be the subject"), 403) for api in PUBLIC),
        *((api, KeyReused("for another payment"), 422) for api in PUBLIC),
        (decoupled_api, WrongAmount("the premium due is 49.90 EUR"), 422),
        (acceptance_api, PeriodPaid("P-1", "2026-11"), 409),
        (gateway_api, Refused(409, "P-1 is paid for 2026-11 already"), 409),
    ],
)
def test_a_refusal_is_counted_by_its_status(
    api: ModuleType,
    refusal: Exception,
    status: int,
    log: io.StringIO,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert post(api, raising(refusal), monkeypatch) == status

    output = capsys.readouterr().out
    assert counted(output) == [f"PaymentsRefused {status}"]
    assert about(parsed(output)) == [("payment refused", str(ID))]


@each_api
def test_an_outcome_that_is_unknown_is_no_refusal(
    api: ModuleType,
    log: io.StringIO,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert post(api, raising(Unavailable("the database did not answer")), monkeypatch) == 503

    assert about(parsed(log.getvalue()))[-1] == ("unavailable", str(ID))
    assert capsys.readouterr().out == ""


@each_api
def test_a_fault_of_ours_is_logged_under_the_payments_id_and_ends_the_invocation(
    api: ModuleType, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ZeroDivisionError):
        post(api, raising(ZeroDivisionError("here")), monkeypatch)

    line = parsed(log.getvalue())[-1]
    assert about([line]) == [("failed", str(ID))]
    assert "ZeroDivisionError: here" in line["exception"]


@pytest.fixture
def _stores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each service's own, in memory."""
    details = payment_accepted(ID).data
    database = SimpleNamespace(transaction=lambda work: details)
    monkeypatch.setattr(customer_api, "database", lambda: database)
    monkeypatch.setattr(sales_api, "leads", MemoryLeads)
    monkeypatch.setattr(communication_api, "wiring", lambda: (MemorySent(), MemoryMailer()))


@pytest.mark.usefixtures("_stores")
@each_internal_api
def test_what_another_service_asks_for_is_logged_under_the_payments_id(
    api: ModuleType, path: str, asked: dict[str, Any], said: str, log: io.StringIO
) -> None:
    assert call(api, "PUT", f"/{path}/{ID}", body=asked, subject=None) in (200, 204)

    assert about(parsed(log.getvalue())) == [(said, str(ID))]


@pytest.mark.usefixtures("_stores")
@each_internal_api
def test_what_another_service_asks_in_vain_is_logged_under_the_gateways_id(
    api: ModuleType, path: str, asked: dict[str, Any], said: str, log: io.StringIO
) -> None:
    call(api, "PUT", f"/{path}/{ID}", body=asked, subject=None)

    assert call(api, "PUT", f"/{path}/{ID}", body={}, subject=None) == 400
    assert about(parsed(log.getvalue()))[-1] == ("refused", GATEWAY_ID)


@each_internal_api
@given(NO_REQUEST, MEDIA_TYPES | st.text())
def test_what_no_service_could_have_sent_is_refused(
    api: ModuleType, path: str, asked: dict[str, Any], said: str, sent: str, media_type: str
) -> None:
    headers = {"Content-Type": media_type}
    status = call(api, "PUT", f"/{path}/{ID}", body=sent, headers=headers, subject=None)
    assert status in (400, 415)


@each_api
@given(NO_REQUEST, MEDIA_TYPES | st.text(), st.text())
def test_what_is_no_payment_is_refused(
    api: ModuleType, sent: str, media_type: str, key: str
) -> None:
    headers = {"Content-Type": media_type, "Idempotency-Key": key}
    assert call(api, "POST", "/payments", body=sent, headers=headers) in (400, 415)


@each_api
@given(st.text())
def test_what_names_no_request_is_refused(api: ModuleType, id: str) -> None:
    assert call(api, "GET", f"/payments/{id}") in (400, 404)


def test_a_receipt_is_asked_for_under_the_payments_id(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Orders:
        def find(self, _request_id: UUID) -> None:
            logger.info("deep inside")

    monkeypatch.setattr(receipt, "orders", Orders)
    asked = uuid4()
    event = {"requestId": str(asked), "subject": "C-1", "exp": "32503680000"}

    with pytest.raises(receipt.ReceiptError, match="NotFound"):
        receipt.handler(event, LambdaContext())  # type: ignore[arg-type]
    assert about(parsed(log.getvalue())) == [("deep inside", str(asked))]
