"""The month that each variant gets."""

import pytest

from comparison.measuring.workload import FEWEST, RATES, ROUNDS, Month, done, month
from local.bench.figures import NotMeasured
from local.paying.payments_api import Answer
from tests.unit.comparison.measuring.builders import Api, accepted, completed, sent


@pytest.fixture(scope="module")
def sample() -> Month:
    return month()


def test_the_slices_are_the_month_in_its_order(sample: Month) -> None:
    paid = [premium for _, premiums in sample.slices() for premium in premiums]

    assert paid == list(sample.premiums)


def test_each_round_has_every_rate_once(sample: Month) -> None:
    assert [rate for rate, _ in sample.slices()] == [*RATES] * ROUNDS


def test_every_rate_goes_on_for_equally_long(sample: Month) -> None:
    seconds = [len(premiums) / rate for rate, premiums in sample.slices()]

    assert max(seconds) - min(seconds) < 1


def test_even_the_smallest_month_has_some_for_each_rate_in_each_round() -> None:
    assert all(premiums for _, premiums in month(FEWEST).slices())

    with pytest.raises(ValueError, match="no fewer than 27 premiums"):
        month(FEWEST - 1)


def test_a_payment_is_done_when_its_last_service_is(sample: Month) -> None:
    payment = sent(sample.premiums[0], accepted())

    assert done(Api(completed(payment, 0.25, 1.5, 0.75)), [payment]) == [1500.0]


def test_an_answer_that_has_the_outcome_is_not_asked_for_it(sample: Month) -> None:
    payment = sent(sample.premiums[0], accepted())
    payment = sent(sample.premiums[0], completed(payment, 0.05))

    assert done(Api(), [payment]) == [50.0]


def test_a_payment_that_failed_is_not_measured(sample: Month) -> None:
    failed = Answer(200, {"status": "failed", "steps": []})

    with pytest.raises(NotMeasured, match="not completed"):
        done(Api(failed), [sent(sample.premiums[0], accepted())])
