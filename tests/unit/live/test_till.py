"""A premium that is paid through several variants at once, and watched."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from queue import Queue
from typing import Any
from uuid import UUID

import pytest
from botocore.exceptions import EndpointConnectionError
from cryptography.hazmat.primitives.asymmetric import rsa

from local.issuer import Issuer
from local.live.broadcast import Broadcast, Event
from local.live.premiums import endless
from local.live.story import Kind, Step
from local.live.till import NothingToPay, Till, UnderWay, Way
from local.paying.payments_api import Answer, PaymentsApi
from local.paying.premiums import Premium
from payment_requests.model import request_id
from tests.eventually import eventually

PAID = [Premium(2, "", "P-1", "C-1", "Ada", "ada@example.com", "1.00", "EUR", "2026-11")]
ISSUER = Issuer("http://issuer.example", "payments", rsa.generate_private_key(65537, 2048))
URL = "http://127.0.0.1:1"


class Services:
    """What is answered to the client, and logged."""

    def __init__(self) -> None:
        self.answers = [Answer(201, {"status": "completed"})]
        self.is_answered = threading.Event()
        self.is_answered.set()
        self.submitted: list[Premium] = []
        self.asked_for: set[UUID] = set()
        self.logged: list[tuple[str, int]] = []
        self.error: Exception | None = None

    def submit(self, _api: PaymentsApi, premium: Premium) -> Answer:
        self.submitted.append(premium)
        self.is_answered.wait(10)
        return self.answers[0]

    def poll(self, _api: PaymentsApi, _accepted: Answer, _customer: str) -> Answer:
        return self.answers[-1]

    def steps(self, request: UUID, since: datetime) -> list[Step]:
        self.asked_for.add(request)
        if self.error:
            raise self.error
        return [
            Step(since + timedelta(milliseconds=ms), service, Kind.DONE, "did it")
            for service, ms in self.logged
        ]


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    services = Services()
    monkeypatch.setattr(PaymentsApi, "submit", lambda *given: services.submit(*given))
    monkeypatch.setattr(PaymentsApi, "poll", lambda *given: services.poll(*given))
    monkeypatch.setattr("local.live.travel._AFTERWARDS_S", 0.0)
    monkeypatch.setattr("local.live.till._LOOK_EVERY_S", 0.01)
    return services


@pytest.fixture
def broadcast() -> Broadcast:
    return Broadcast()


@pytest.fixture
def events(broadcast: Broadcast) -> Iterator[Queue[Event]]:
    with broadcast.listen() as events:
        yield events


def till(services: Services, broadcast: Broadcast, *variants: str, paid: Any = PAID) -> Till:
    ways = dict.fromkeys(variants, Way(URL, services))
    return Till(ways, ISSUER, endless(paid), broadcast)


def until_end(events: Queue[Event]) -> list[Event]:
    found = [events.get(timeout=10)]
    while found[-1].name != "end":
        found.append(events.get(timeout=10))
    return found


def told(events: list[Event], service: str, variant: str = "one") -> list[tuple[object, ...]]:
    steps = (event.data for event in events if event.name == "step")
    return [
        (step["kind"], step["what"], step["status"])
        for step in steps
        if (step["service"], step["variant"]) == (service, variant)
    ]


def test_everybody_hears_what_is_paid_and_then_what_each_variant_does(
    services: Services, broadcast: Broadcast, events: Queue[Event]
) -> None:
    services.logged = [("sales", 40)]

    till(services, broadcast, "one", "other").pay()

    first, *rest, last = until_end(events)
    assert first.data == {"policy": "P-1", "amount": "1.00 EUR", "period": "2026-12"}
    assert last.name == "end"
    for variant in ("one", "other"):
        assert told(rest, "sales", variant) == [("done", "did it", None)]
        assert [kind for kind, *_ in told(rest, "client", variant)] == ["sent", "answered"]
        assert {"variant": variant, "unread": ""} in [e.data for e in rest if e.name == "over"]


def test_the_variants_get_the_same_premium_and_its_lines_are_found_by_the_services_own_id(
    services: Services, broadcast: Broadcast, events: Queue[Event]
) -> None:
    till(services, broadcast, "one", "other").pay()
    until_end(events)

    one, other = services.submitted
    assert one == other
    assert services.asked_for == {request_id("C-1", one.idempotency_key)}


def test_a_step_is_told_once_with_the_milliseconds_since_pay_was_pressed(
    services: Services, broadcast: Broadcast, events: Queue[Event]
) -> None:
    services.logged = [("sales", 4000), ("customer", 2000)]
    services.answers = [Answer(202, {"status": "pending", "requestId": "1"})]
    services.answers.append(Answer(200, {"status": "completed"}))

    till(services, broadcast, "one").pay()

    steps = [e.data for e in until_end(events) if e.name == "step" and e.data["kind"] == "done"]
    assert [step["service"] for step in steps] == ["customer", "sales"]
    assert steps[1]["ms"] - steps[0]["ms"] == 2000
    assert 2000 <= steps[0]["ms"] < 3000


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (
            [Answer(201, {"status": "completed"})],
            [("answered", "is answered: every step is done", 201)],
        ),
        (
            [
                Answer(202, {"status": "pending", "requestId": "1"}),
                Answer(200, {"status": "completed"}),
            ],
            [
                ("answered", "is answered: accepted, ask later", 202),
                ("completed", "hears, by asking again, that it is completed", None),
            ],
        ),
        (
            [Answer(409, {"detail": "P-1 is paid already"})],
            [("failed", "is refused: P-1 is paid already", 409)],
        ),
        (
            [
                Answer(202, {"status": "pending", "requestId": "1"}),
                Answer(
                    200,
                    {"status": "failed", "steps": [{"service": "sales", "status": "failed"}]},
                ),
            ],
            [
                ("answered", "is answered: accepted, ask later", 202),
                ("failed", "hears that it is failed: sales: failed", None),
            ],
        ),
    ],
)
def test_the_client_tells_how_it_was_answered_and_what_became_of_it(
    services: Services,
    broadcast: Broadcast,
    events: Queue[Event],
    answers: list[Answer],
    said: list[tuple[object, ...]],
) -> None:
    services.answers = answers

    till(services, broadcast, "one").pay()

    assert told(until_end(events), "client") == [("sent", "sends the payment", None), *said]


def test_one_premium_at_a_time(
    services: Services, broadcast: Broadcast, events: Queue[Event]
) -> None:
    services.is_answered.clear()
    one = till(services, broadcast, "one")
    one.pay()

    with pytest.raises(UnderWay):
        one.pay()

    services.is_answered.set()
    until_end(events)
    assert len(services.submitted) == 1


def test_where_nobody_listens_the_premium_is_paid_and_no_log_is_read(
    services: Services, broadcast: Broadcast
) -> None:
    one = till(services, broadcast, "one")
    one.pay()

    def is_free() -> bool:
        try:
            one.pay()
        except UnderWay:
            return False
        return True

    assert eventually(is_free, "the next one can be paid")
    assert services.submitted[0].period == "2026-12"
    assert services.asked_for == set()


def test_a_log_that_cannot_be_read_ends_the_watching_and_says_why(
    services: Services, broadcast: Broadcast, events: Queue[Event]
) -> None:
    services.error = EndpointConnectionError(endpoint_url=URL)

    till(services, broadcast, "one").pay()

    (over,) = [event.data for event in until_end(events) if event.name == "over"]
    assert over["unread"].startswith("the log cannot be read: Could not connect")


def test_without_a_variant_or_a_payable_premium_nothing_is_paid(
    services: Services, broadcast: Broadcast
) -> None:
    with pytest.raises(NothingToPay, match="no variant is up"):
        till(services, broadcast).pay()
    with pytest.raises(NothingToPay, match="no premium is known to be payable"):
        till(services, broadcast, "one", paid=[]).pay()
