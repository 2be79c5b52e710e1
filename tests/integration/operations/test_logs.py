"""Logs of a stack: of the functions' own log groups, each line once and in order."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from local.cloud import Cloud
from operations.errors import Failed
from operations.logs import duration, followed, log_groups
from operations.place import Place
from operations.stack import Stack, find
from tests.conftest import deployed
from tests.eventually import eventually

LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def stack(cloud: Cloud) -> Stack:
    found = find(Place.local(cloud), deployed(cloud, "decouple").name)
    assert found
    return found


def test_a_function_logs_to_the_group_that_its_template_declares(stack: Stack) -> None:
    groups = log_groups(stack, "OverdueSweep")

    assert groups == {"OverdueSweepFunction": stack.resources["OverdueSweepLogs"].id}
    assert len(log_groups(stack)) == len(stack.of_type("AWS::Lambda::Function"))


def test_what_functions_log_is_shown_once_and_in_order(stack: Stack) -> None:
    for _ in range(2):
        for function in ("OverdueSweepFunction", "OutboxRelayFunction"):
            stack.place.client("lambda").invoke(FunctionName=stack.outputs[function])
    groups = log_groups(stack, "OverdueSweep") | log_groups(stack, "OutboxRelay")

    def reports() -> bool:
        lines = list(followed(stack, groups, LONG_AGO))
        found = [line.function for line in lines if line.text.startswith("REPORT")]
        return min(found.count(name) for name in groups) >= 2

    eventually(reports, "both functions have logged twice")
    lines = list(followed(stack, groups, LONG_AGO))
    assert all(before.at <= after.at for before, after in pairwise(lines))
    assert len({line.id for line in lines}) == len(lines)
    assert {line.function for line in lines} == set(groups)


def test_a_tail_goes_on_with_what_comes_later(stack: Stack) -> None:
    groups = log_groups(stack, "PortfolioImport")
    tail = (
        line.text
        for line in followed(stack, groups, datetime.now(UTC), looks=range(30))
        if line.text.startswith("START")
    )

    for _ in range(2):
        stack.place.client("lambda").invoke(
            FunctionName=stack.outputs["PortfolioImportFunction"], Payload='{"policies": []}'
        )
        assert next(tail)


def test_a_function_that_the_stack_does_not_have_is_answered_with_those_it_has(
    stack: Stack,
) -> None:
    with pytest.raises(Failed, match=r"has no SaleFunction, but .*SalesConsumerFunction"):
        log_groups(stack, "Sale")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
    ],
)
def test_times_are_numbers_with_a_unit(text: str, meant: timedelta) -> None:
    assert duration(text) == meant


@pytest.mark.parametrize("text", ["", "3", "h", "-1h", "1w", "99999d"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        duration(text)
