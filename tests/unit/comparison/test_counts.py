"""What one payment takes: every figure says how it was obtained."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from comparison.counts import FILE, Counts, Function, load
from local.variants import VARIANTS


@pytest.fixture
def written() -> dict[str, Any]:
    counts: dict[str, Any] = json.loads(FILE.read_text())
    return counts


def test_there_are_counts_of_every_variant() -> None:
    assert list(load().variants) == list(VARIANTS)


def test_a_figure_that_does_not_say_how_it_was_obtained_is_refused(written: dict[str, Any]) -> None:
    del written["variants"]["decouple"]["obtained"]["payment.queues"]

    with pytest.raises(ValidationError, match=r"payment\.queues"):
        Counts.model_validate(written)


def test_a_field_that_nobody_prices_is_refused(written: dict[str, Any]) -> None:
    written["variants"]["decouple"]["payment"]["wishes"] = 1

    with pytest.raises(ValidationError, match="wishes"):
        Counts.model_validate(written)


def test_who_asks_again_only_does_where_the_answer_lacks_the_outcome() -> None:
    asking = {name for name, variant in load().variants.items() if variant.poll}

    assert asking == {name for name in VARIANTS if not name.startswith("apigw")}


def test_gb_seconds_are_billed_seconds_times_gb() -> None:
    function = Function.model_validate({"invocations": 2, "billedMs": 300, "memoryMb": 512})

    assert function.gb_seconds == pytest.approx(0.15)


def test_what_is_published_is_in_the_queues() -> None:
    for name, variant in load().variants.items():
        if name.startswith("pubsub"):
            queues = variant.payment.queues
            (published,) = variant.payment.published.values()
            assert queues["AuditQueue"] == published, name
            assert queues["OutcomesQueue"] == 3, name
