"""What was counted takes the place of what was counted before, and says so."""

from pathlib import Path

import pytest

from comparison import counts
from comparison.counts import Counts, How
from comparison.measuring.counting import Counted
from comparison.measuring.counts import Seen, with_counted, write
from comparison.simulation.latencies import Latencies


@pytest.fixture
def written() -> Counts:
    return counts.load()


@pytest.fixture
def latencies() -> Latencies:
    return Latencies.published()


def as_counted(counts: Counts, name: str) -> Seen:
    """As if the next run saw what is written."""
    variant = counts.variants[name]
    counted = [
        Counted(
            calls=work.calls,
            messages=work.queues,
            invocations={name: each.invocations for name, each in work.functions.items()},
            queue_of={
                name: each.queue for name, each in work.functions.items() if each.queue is not None
            },
        )
        for work in (variant.payment, variant.poll)
        if work is not None
    ]
    return Seen(counted[0], counted[1] if len(counted) > 1 else None)


def test_the_same_counts_give_the_same_file(
    written: Counts, latencies: Latencies, tmp_path: Path
) -> None:
    seen = {name: as_counted(written, name) for name in written.variants}

    write(with_counted(written, seen, latencies), tmp_path / "counts.json")

    assert (tmp_path / "counts.json").read_text() == counts.FILE.read_text()


def test_a_call_more_is_in_the_file(written: Counts, latencies: Latencies, tmp_path: Path) -> None:
    seen = as_counted(written, "decouple")
    more = {**seen.payment.calls, "dynamodb.GetItem": 5.0}
    payment = Counted(more, seen.payment.messages, seen.payment.invocations, seen.payment.queue_of)

    write(
        with_counted(written, {"decouple": Seen(payment, seen.poll)}, latencies),
        tmp_path / "counts.json",
    )

    variant = counts.load(tmp_path / "counts.json").variants["decouple"]
    assert variant.payment.calls["dynamodb.GetItem"] == 5
    assert variant.obtained["payment.calls"].how is How.COUNTED


def test_requests_to_gateways_are_those_that_invoke_a_function() -> None:
    counted = Counted(
        calls={},
        messages={"SalesQueue": 1},
        invocations={"AuthorizerFunction": 1, "CustomerApiFunction": 1, "SalesConsumerFunction": 1},
        queue_of={"SalesConsumerFunction": "SalesQueue"},
    )

    assert counted.gateway_requests == 1
