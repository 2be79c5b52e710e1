"""The prices in the documentation are those that `make cost` finds."""

import re

import pytest

from comparison import cost
from comparison.counts import load
from comparison.levers import Levers
from comparison.prices import Prices
from local.paths import ROOT

PUBSUB = (ROOT / "docs" / "pubsub.md").read_text()
CHANNELS = ["pubsub-sns", "pubsub-three-events", "pubsub-one-event"]


def usd_of(name: str, *lines: str) -> float:
    bill = cost.of_payments(name, load(), Prices.of("us-east-1"), Levers())
    return sum(line.usd for line in bill if line.what in lines)


def documented(row: str) -> list[float]:
    (cells,) = re.findall(rf"^\| {re.escape(row)} \|(.+)\|$", PUBSUB, re.MULTILINE)
    return [float(cell.strip().removesuffix(" USD")) for cell in cells.split("|")]


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        ("channel, per million payments", ("SNS", "EventBridge")),
        ("queues, per million payments, at most", ("SQS",)),
    ],
)
def test_a_channel_and_its_queues_cost_what_is_documented(row: str, lines: tuple[str, ...]) -> None:
    assert [usd_of(name, *lines) for name in CHANNELS] == pytest.approx(documented(row))


@pytest.mark.parametrize("name", ["apigw-single", "apigw-multiple"])
def test_the_gateway_pattern_pays_for_four_requests(name: str) -> None:
    documented = "4 requests, 14 USD per million payments"
    assert documented in (ROOT / "docs" / "apigw.md").read_text()
    assert usd_of(name, "API Gateway, REST") == pytest.approx(14)
