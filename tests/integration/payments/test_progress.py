"""What becomes of an order is counted once, however many work on it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import uuid4

import pytest

from contracts.api import StepStatus
from local.cloud import Cloud
from payment_requests.model import PaymentRequest
from payments.model import Order
from payments.progress import ToldOrders
from payments.service import Payments
from runtime.errors import NotDone, OutcomeUnknown, Refused, Unavailable
from tests.builders import outcome, submission
from tests.integration.conftest import dynamodb_table
from tests.lines import about, counted, parsed
from tests.unit.payments.fakes import FakeServices

type Output = pytest.CaptureFixture[str]

DONE = ["PaymentsAccepted", "StepsDone customer", "StepsDone sales", "StepsDone communication"]
COMPLETED = ["PaymentsCompleted", "TimeToCompletion"]


@pytest.fixture(scope="module")
def table(cloud: Cloud) -> Iterator[str]:
    with dynamodb_table(cloud, "OrdersTable") as name:
        yield name


@pytest.fixture
def orders(aws_clients: Cloud, table: str) -> ToldOrders:
    return ToldOrders(table, 90)


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


@pytest.fixture
def payments(orders: ToldOrders, services: FakeServices) -> Payments:
    return Payments(orders, services, lambda: datetime.now(UTC), timedelta(seconds=0))


@pytest.fixture
def key() -> str:
    return str(uuid4())


def pay(payments: Payments, key: str) -> PaymentRequest:
    return payments.pay(submission(), "C-1", key, monotonic() + 10)


def test_a_payment_is_counted_once_however_often_it_is_repeated(
    payments: Payments, key: str, capsys: Output
) -> None:
    request = pay(payments, key)
    pay(payments, key)

    output = capsys.readouterr().out
    assert counted(output) == DONE + COMPLETED
    assert {id for _, id in about(parsed(output))} == {str(request.id)}


def test_a_step_that_is_done_later_is_counted_then(
    payments: Payments, services: FakeServices, key: str, capsys: Output
) -> None:
    services.fails = {"sales": NotDone()}
    pay(payments, key)
    failed = counted(capsys.readouterr().out)
    services.fails = {}
    pay(payments, key)

    assert failed == [each.replace("Done sales", "Retrying sales") for each in DONE]
    assert counted(capsys.readouterr().out) == ["StepsDone sales", *COMPLETED]


def test_a_payment_whose_outcome_is_unknown_is_accepted_once_it_is_known(
    payments: Payments, services: FakeServices, key: str, capsys: Output
) -> None:
    services.fails = {"customer": OutcomeUnknown()}
    with pytest.raises(Unavailable):
        pay(payments, key)
    assert capsys.readouterr().out == ""
    services.fails = {}

    pay(payments, key)

    assert counted(capsys.readouterr().out) == DONE + COMPLETED


def test_what_customer_refuses_is_not_accepted(
    payments: Payments, services: FakeServices, key: str, capsys: Output
) -> None:
    services.fails = {"customer": Refused(409, "paid already")}

    with pytest.raises(Refused):
        pay(payments, key)

    assert capsys.readouterr().out == ""


def test_what_two_have_done_at_the_same_time_is_counted_by_who_was_first(
    payments: Payments, services: FakeServices, orders: ToldOrders, key: str, capsys: Output
) -> None:
    def meanwhile(service: str) -> None:
        if service == "sales":
            services.meanwhile = lambda _: None
            pay(payments, key)  # the client did not wait

    services.meanwhile = meanwhile

    pay(payments, key)

    assert sorted(counted(capsys.readouterr().out)) == sorted(DONE + COMPLETED)


def test_only_what_was_stored_is_told(
    payments: Payments, services: FakeServices, orders: ToldOrders, key: str, capsys: Output
) -> None:
    services.fails = {"sales": NotDone(), "communication": NotDone()}
    stale = orders.find(pay(payments, key).id)
    assert stale
    capsys.readouterr()

    def done(service: str) -> Order:
        noted = outcome(stale.id, StepStatus.DONE, service=service)
        return orders.update(stale, lambda stored: stored.after([noted]))

    done("sales")
    done("communication")

    steps = ["StepsDone sales", "StepsDone communication"]
    assert counted(capsys.readouterr().out) == steps + COMPLETED
