"""One call collects what all services know of a customer."""

from threading import Barrier
from time import monotonic

import pytest

from payments.overview import overview
from runtime.errors import NotDone, OutcomeUnknown, Refused, Unavailable
from tests.unit.payments.fakes import FakeServices

SERVICES = ["customer", "sales", "communication"]


def test_all_services_are_asked_at_the_same_time() -> None:
    services, together = FakeServices(), Barrier(3, timeout=5)
    services.meanwhile = lambda service: together.wait() and None

    found = overview("C-1", services, monotonic() + 5)

    assert found.missing == []
    assert found.sales is not None
    assert found.sales.next_offer == "motor"


@pytest.mark.parametrize("error", [NotDone(), OutcomeUnknown(), Refused(422, "no")])
@pytest.mark.parametrize("down", SERVICES)
def test_the_part_of_a_service_that_is_down_is_marked_as_missing(
    down: str, error: Exception
) -> None:
    services = FakeServices()
    services.fails = {down: error}

    answer = overview("C-1", services, monotonic() + 5).model_dump()

    assert answer["missing"] == [down]
    assert [name for name in SERVICES if answer[name] is None] == [down]


def test_when_all_services_are_down_there_is_no_overview() -> None:
    services = FakeServices()
    services.fails = dict.fromkeys(SERVICES, NotDone())

    with pytest.raises(Unavailable):
        overview("C-1", services, monotonic() + 5)
