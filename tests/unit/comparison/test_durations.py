"""How long functions run is their calls times what a call takes, as published."""

import math

import pytest

from comparison import durations
from comparison.counts import load
from comparison.simulation.latencies import Latencies
from local.variants import VARIANTS

LATENCIES = Latencies.published()


@pytest.mark.parametrize("name", VARIANTS)
def test_the_counts_have_what_follows_from_published_latencies(name: str) -> None:
    took = durations.of_payment(name, LATENCIES)
    functions = load().variants[name].payment.functions

    assert {each: f.billed_ms / f.invocations for each, f in functions.items()} == took


def test_payments_waits_for_customer_and_then_for_the_slower_of_the_others() -> None:
    took = durations.of_payment("apigw-single", LATENCIES)
    own = LATENCIES.function.mean * 1000
    calls = 2 * LATENCIES.gateway.mean * 1000

    slower = max(took["SalesInternalApiFunction"], took["CommunicationInternalApiFunction"])
    at_most = own + calls + took["CustomerInternalApiFunction"] + slower
    assert at_most - 2 <= took["PaymentsApiFunction"] <= math.ceil(at_most)


def test_a_subscriber_waits_for_nobody_else() -> None:
    assert durations.of_payment("pubsub-sns", LATENCIES) == durations.of_payment(
        "pubsub-one-event", LATENCIES
    )
