from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from communication.model import ConfirmationDue
from contracts.api import StepStatus
from contracts.events import ReportedStatus
from customer.model import PaymentTaken
from local.bench import flood
from local.bench.channel import milliseconds
from local.bench.channels import ratios
from local.bench.figures import NotMeasured
from local.bench.traffic import Traffic
from payment_requests.model import PaymentRequest
from sales.model import PremiumPaid
from tests.builders import NOW, outcome, request

ACCEPTED = request(done=(), pending=("customer", "sales", "communication"))


def shown(request: PaymentRequest) -> dict[str, Any]:
    """As the API tells of it."""
    return request.view().model_dump(mode="json")


def after(status: ReportedStatus) -> dict[str, Any]:
    """As the API tells of the request, when Sales has reported this after 1.25 seconds."""
    later = NOW + timedelta(seconds=1.25)
    return shown(ACCEPTED.after(outcome(ACCEPTED.id, status, at=later)))


def test_a_step_takes_from_the_acceptance_until_it_is_done() -> None:
    assert milliseconds(shown(ACCEPTED), after(StepStatus.DONE), "sales") == 1250


@pytest.mark.parametrize("view", [shown(ACCEPTED), after(StepStatus.RETRYING)])
def test_a_step_that_is_still_to_come_has_no_time(view: dict[str, Any]) -> None:
    assert milliseconds(shown(ACCEPTED), view, "sales") is None


def test_a_step_that_has_failed_is_never_measured() -> None:
    with pytest.raises(NotMeasured, match="sales has failed"):
        milliseconds(shown(ACCEPTED), after(StepStatus.FAILED), "sales")


def test_traffic_is_what_has_come_since() -> None:
    earlier = Traffic(
        calls=Counter({"ses.SendEmail": 2, "dynamodb.GetItem": 5}),
        published=Counter(payments=1),
        queued=Counter(Sales=1),
    )
    now = Traffic(
        calls=Counter({"ses.SendEmail": 3, "dynamodb.GetItem": 5}),
        published=Counter(payments=4, sales=3),
        queued=Counter(Sales=4),
    )
    assert now.since(earlier) == Traffic(
        calls=Counter({"ses.SendEmail": 1}),
        published=Counter(payments=3, sales=3),
        queued=Counter(Sales=3),
    )


def test_the_p95_of_each_other_subscriber_is_set_in_relation() -> None:
    calm = [float(each) for each in range(101)]
    without = {"customer": calm, "communication": calm}
    with_it = {"customer": calm, "communication": [2 * each for each in calm]}

    customer, communication = ratios("sales dead", without, with_it)

    assert (customer.name, customer.value) == ("sales dead / as it is: customer's p95", 1.0)
    assert communication.value == 2.0
    assert communication.note == "p95 190 / 95 ms"


@pytest.mark.parametrize(
    ("types", "views"),
    [
        (["payment.accepted.v1"], [PaymentTaken, PremiumPaid, ConfirmationDue]),
        (["payment.taken.v1"], [PaymentTaken]),
        (["premium.paid.v1"], [PremiumPaid]),
        (["confirmation.due.v1"], [ConfirmationDue]),
    ],
)
def test_what_floods_a_channel_is_what_the_subscribers_understand(
    types: list[str], views: list[type[BaseModel]]
) -> None:
    (event,) = flood.published(7, types)

    for view in views:
        view.model_validate_json(event.model_dump_json())


def test_every_payment_of_a_flood_is_another_one() -> None:
    events = [
        event for number in range(20) for event in flood.published(number, ["payment.taken.v1"])
    ]

    policies = {event.partitionkey for event in events}
    assert len({event.id for event in events}) == len(policies) == 20
