"""The variants differ in how the services hear of each other, and not in what comes of it.

The same customer with the same policy does the same in each variant: they are compared with each
other, so that none can go its own way.
"""

import json
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import pytest
import urllib3

from local.cloud import Cloud
from local.issuer import Issuer
from tests.conftest import deployed, variants
from tests.e2e.conftest import (
    ACCEPTED,
    WITH_COMMUNICATION,
    Answer,
    Backstage,
    Customer,
    Json,
    behind,
    enrolled,
)


@dataclass(frozen=True)
class World:
    """A variant, with a customer of it."""

    customer: Customer
    backstage: Backstage

    def pay(self, key: str) -> None:
        """Until every service has done its part."""
        answer = self.customer.pay(key=key)
        assert answer.status in ACCEPTED, answer.data
        self.customer.wait_until("completed", answer.json()["requestId"])


type Worlds = dict[str, World]


@pytest.fixture
def worlds(cloud: Cloud, issuer: Issuer, http: urllib3.PoolManager) -> Worlds:
    """The same customer in each variant."""
    customer_id, policy_id = f"C-{uuid4()}", f"P-{uuid4()}"

    def world(name: str) -> World:
        stack = deployed(cloud, name)
        customer = Customer(stack.outputs["ApiUrl"], issuer, http, customer_id, policy_id)
        return World(enrolled(cloud, stack, customer), behind(cloud, stack))

    return in_each(variants(), world)


def in_each[Found](names: Collection[str], look: Callable[[str], Found]) -> dict[str, Found]:
    """A few at the same time: most of it is waiting."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        return dict(zip(names, pool.map(look, names), strict=True))


def same[Seen](worlds: Worlds, look: Callable[[World], Seen]) -> Seen:
    """What is seen in every variant alike."""
    seen = in_each(worlds, lambda name: look(worlds[name]))
    first = next(iter(seen.values()))
    assert seen == dict.fromkeys(seen, first)
    return first


def problem(answer: Answer) -> tuple[int, str | None, Json]:
    return answer.status, answer.headers["Content-Type"], answer.json()


def test_the_same_key_names_the_same_request(worlds: Worlds) -> None:
    key = str(uuid4())

    assert same(worlds, lambda world: world.customer.pay(key=key).json()["requestId"])


def test_a_premium_is_the_same_row_in_the_ledger(worlds: Worlds) -> None:
    key = str(uuid4())

    def row(world: World) -> Json:
        world.pay(key)
        (row,) = world.backstage.ledger(world.customer.policy_id)
        assert row.pop("paid_at")
        return row

    assert same(worlds, row)["period"] == "2026-11"


def test_premiums_are_the_same_lead(worlds: Worlds) -> None:
    def lead(world: World) -> Json | None:
        for period in ("2026-03", "2026-01", "2026-02"):
            world.customer.complete(period=period)
        return world.backstage.lead(world.customer.id)

    found = same(worlds, lead)
    assert found is not None
    assert found["payments"] == {"N": "3"}


def test_a_premium_is_the_same_single_mail_where_there_is_communication(worlds: Worlds) -> None:
    senders = {name: worlds[name] for name in WITH_COMMUNICATION if name in worlds}
    if not senders:
        pytest.skip("no stack with Communication is given")

    def mail(world: World) -> Json:
        key = str(uuid4())
        for _ in range(2):
            world.pay(key)
        (mail,) = world.backstage.mails(world.customer)
        return {name: mail[name] for name in ("Destination", "Subject", "Body")}

    assert "Ada Lovelace" in same(senders, mail)["Body"]["text_part"]


def test_every_service_of_a_completed_request_has_done_its_step(worlds: Worlds) -> None:
    requests = in_each(worlds, lambda name: worlds[name].customer.complete())

    for name, request in requests.items():
        services = ["customer", "sales"]
        services += ["communication"] if name in WITH_COMMUNICATION else []
        assert [(s["service"], s["status"]) for s in request["steps"]] == [
            (s, "done") for s in services
        ]


@pytest.mark.parametrize(
    "changes",
    [
        {"policyId": "P-unknown"},
        {"policyId": "no policy id"},
        {"policyId": None},
        {"amount": {"value": "49.91", "currency": "EUR"}},
        {"amount": {"value": "49.90", "currency": "USD"}},
        {"amount": {"value": "49.900", "currency": "EUR"}},
        {"amount": {"value": "-1", "currency": "euro"}},
        {"amount": {"value": 49.9, "currency": "EUR"}},
        {"amount": "49.90 EUR"},
        {"period": "2026-13"},
        {"period": 202611},
        {"customer": {"id": "C-1", "name": "", "email": "ada@example.com"}},
        {"customer": {"id": "C-1", "name": "Ada", "email": "no address"}},
        {"customer": {"id": "C-1", "name": "A\nda", "email": "ada@example.com"}},
        {"customer": {"id": "C-another", "name": "Ada", "email": "ada@example.com"}},
        {"perriod": "2026-11"},
    ],
    ids=str,
)
def test_what_is_not_valid_or_not_due_gets_the_same_answer(worlds: Worlds, changes: Json) -> None:
    def answer(world: World) -> tuple[int, str | None, Json]:
        return problem(world.customer.pay(world.customer.submission(**changes)))

    assert same(worlds, answer)[0] in (400, 403, 422)
    assert same(worlds, lambda world: world.backstage.ledger(world.customer.policy_id)) == []


@pytest.mark.parametrize(
    "body",
    ["", "not JSON", "null", "[]", "{}", json.dumps({"padding": "x" * 300_000})],
    ids=["empty", "no JSON", "null", "array", "empty object", "300 KB"],
)
def test_a_body_that_is_no_payment_gets_the_same_answer(worlds: Worlds, body: str) -> None:
    assert same(worlds, lambda world: problem(world.customer.pay(body)))[0] == 400


@pytest.mark.parametrize("key", [None, "k" * 256], ids=["missing", "over-long"])
def test_a_bad_idempotency_key_gets_the_same_answer(worlds: Worlds, key: str | None) -> None:
    assert same(worlds, lambda world: problem(world.customer.pay(key=key)))[0] == 400


def test_a_key_that_came_with_another_body_gets_the_same_answer(worlds: Worlds) -> None:
    key = str(uuid4())

    def answer(world: World) -> tuple[int, str | None, Json]:
        world.customer.pay(key=key)
        return problem(world.customer.pay(world.customer.submission(period="2026-12"), key=key))

    assert same(worlds, answer)[0] == 422


def test_a_period_that_is_paid_gets_the_same_answer(worlds: Worlds) -> None:
    def answer(world: World) -> tuple[int, str | None, Json]:
        world.customer.pay()
        return problem(world.customer.pay())

    assert same(worlds, answer)[0] == 409


@pytest.mark.parametrize("token", [None, "nonsense", "a.b.c"])
def test_whoever_is_unknown_gets_the_same_answer(worlds: Worlds, token: str | None) -> None:
    assert same(worlds, lambda world: problem(world.customer.pay(token=token)))[0] == 401


@pytest.mark.parametrize(
    ("request_id", "status"),
    [("00000000-0000-4000-8000-000000000000", 404), ("nonsense", 400)],
)
def test_a_request_that_is_not_there_gets_the_same_answer(
    worlds: Worlds, request_id: str, status: int
) -> None:
    assert same(worlds, lambda world: problem(world.customer.ask(request_id)))[0] == status


def test_a_route_that_is_not_there_gets_the_same_answer(worlds: Worlds) -> None:
    assert same(worlds, lambda world: problem(world.customer.get("/claims")))[0] == 404
