"""What a variant costs, recomputed by hand."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparison import cost
from comparison.counts import Counts, load
from comparison.levers import Levers
from comparison.prices import Price, Prices
from local.variants import VARIANTS


def function(billed_ms: float, queue: str | None = None) -> dict[str, Any]:
    return {"invocations": 1, "billedMs": billed_ms, "memoryMb": 512, "queue": queue}


QUEUED = Counts.model_validate(
    {
        "written": "here",
        "runtimeLogBytes": 320,
        "variants": {
            "decouple": {
                "payment": {
                    "gatewayRequests": 1,
                    "functions": {
                        "AuthorizerFunction": function(5),
                        "CustomerApiFunction": function(100),
                        "SalesConsumerFunction": function(20, "SalesQueue"),
                        "OutcomesConsumerFunction": function(20, "OutcomesQueue"),
                    },
                    "queues": {"SalesQueue": 1, "OutcomesQueue": 1},
                    "tables": {"LeadsTable": {"readUnits": 1, "transactionalWrites": 2}},
                    "database": {"dpu": 0.2142},
                    "logBytes": 4300,
                },
                "poll": {
                    "gatewayRequests": 1,
                    "functions": {"CustomerApiFunction": function(20)},
                    "database": {"dpu": 0.00675},
                },
                "polls": 1,
                "idle": {
                    "runs": {
                        "OutboxRelayFunction": {
                            "perMonth": 43_800,
                            "billedMs": 20,
                            "memoryMb": 512,
                            "dpu": 0.00675,
                        }
                    },
                    "emptyReceives": {"SalesQueue": 657_000, "OutcomesQueue": 657_000},
                    "alarmMetrics": 17,
                    "dashboards": 1,
                    "metrics": 16,
                },
                "obtained": {
                    field: {"how": "assumed", "source": "this test"}
                    for field in (
                        "payment.gatewayRequests",
                        "payment.functions",
                        "payment.queues",
                        "payment.tables",
                        "payment.database",
                        "payment.logBytes",
                        "poll.gatewayRequests",
                        "poll.functions",
                        "poll.database",
                        "polls",
                        "idle.runs",
                        "idle.emptyReceives",
                        "idle.alarmMetrics",
                        "idle.dashboards",
                        "idle.metrics",
                    )
                },
            }
        },
    }
)
USD = {  # and for how many
    "api_gateway.rest_request": (3.50, 1_000_000),
    "api_gateway.http_request": (1.00, 1_000_000),
    "lambda.request": (0.20, 1_000_000),
    "lambda.gb_second_arm64": (0.0000133334, 1),
    "lambda.gb_second_x86_64": (0.0000166667, 1),
    "sqs.standard_request": (0.40, 1_000_000),
    "dynamodb.write_unit": (0.625, 1_000_000),
    "dynamodb.read_unit": (0.125, 1_000_000),
    "dsql.dpu": (8.00, 1_000_000),
    "cloudwatch.log_gb": (0.50, 1),
    "cloudwatch.alarm_metric_month": (0.10, 1),
    "cloudwatch.metric_month": (0.30, 1),
    "cloudwatch.dashboard_month": (3.00, 1),
    "xray.trace": (5.00, 1_000_000),
}
PRICES = Prices(
    "here",
    {
        name: Price(name, *USD.get(name, (0.0, 1)), url="", source="")
        for name in Prices.of("us-east-1").by_name
    },
)


def bill(levers: Levers) -> dict[str, float]:
    """USD by line, of those that cost something."""
    lines = cost.of_payments("decouple", QUEUED, PRICES, levers)
    return {line.what: line.usd for line in lines if line.usd}


def test_a_million_payments_by_hand() -> None:
    lines = bill(Levers(payments=1_000_000))

    assert lines == pytest.approx(
        {
            # The payment and one poll: 2 million requests at 3.50 for a million.
            "API Gateway, REST": 2 * 3.50,
            # The authorizer, Customer twice, Sales, and the outcomes.
            "Lambda, requests": 5 * 0.20,
            # 5 + 100 + 20 + 20 ms, and 20 for the poll, with half a GB: 82,500 GB-s.
            "Lambda, arm64": 165 / 1000 * 0.5 * 1_000_000 * 0.0000133334,
            # Two messages, each sent, received and deleted.
            "SQS": 2 * 3 * 0.40,
            # Two items in a transaction, two units each.
            "DynamoDB, writes": 2 * 2 * 0.625,
            "DynamoDB, reads": 1 * 0.125,
            "Aurora DSQL": (0.2142 + 0.00675) * 8.00,
            # 4,300 bytes of our lines, and 320 of Lambda's for each of five invocations: 5.9 GB.
            "CloudWatch Logs": (4_300 + 5 * 320) / 1000 * 0.50,
            # Two requests and two batches begin a trace: 4 million in a month of 2,628,000 seconds,
            # of which the first of each second is recorded, and a twentieth of the others.
            "X-Ray, at most": (2.628 + 0.05 * (4 - 2.628)) * 5.00,
        }
    )
    assert sum(lines.values()) == pytest.approx(32.326, abs=0.001)


def test_a_month_without_payments_by_hand() -> None:
    lines = cost.of_idle_month("decouple", QUEUED, PRICES, Levers())

    assert {line.what: line.usd for line in lines if line.usd} == pytest.approx(
        {
            "Dashboard": 3.00,
            "Alarms": 17 * 0.10,
            "Metrics of our own": 16 * 0.30,
            # Once a minute, 730 hours: 43,800 runs of 20 ms with half a GB.
            "Schedules, runs": 0.0438 * 0.20,
            "Schedules, Lambda": 43_800 * 0.020 * 0.5 * 0.0000133334,
            "Schedules, logs": 43_800 * 320 / 1_000_000_000 * 0.50,
            "Schedules, Aurora DSQL": 43_800 * 0.00675 / 1_000_000 * 8.00,
            "Empty queues": 2 * 0.657 * 0.40,
        }
    )


def test_a_batch_shares_its_receive_its_delete_and_its_invocation() -> None:
    one, ten = bill(Levers(batch=1)), bill(Levers(batch=10))

    assert ten["SQS"] == pytest.approx(2 * (1 + 2 / 10) * 0.40)  # each is still sent by itself
    assert ten["Lambda, requests"] == pytest.approx((3 + 2 / 10) * 0.20)
    assert ten["Lambda, arm64"] == one["Lambda, arm64"]  # the work stays


def test_polls_cost_requests_invocations_and_reads() -> None:
    none, two = bill(Levers(polls=0)), bill(Levers(polls=2))

    assert two["API Gateway, REST"] - none["API Gateway, REST"] == pytest.approx(2 * 3.50)
    assert two["Lambda, requests"] - none["Lambda, requests"] == pytest.approx(2 * 0.20)
    assert two["Aurora DSQL"] - none["Aurora DSQL"] == pytest.approx(2 * 0.00675 * 8.00)
    assert two["SQS"] == none["SQS"]


def test_an_http_api_and_another_architecture_change_their_line_alone() -> None:
    before, after = bill(Levers()), bill(Levers(gateway="http", architecture="x86_64"))

    assert after["API Gateway, HTTP"] == pytest.approx(2 * 1.00)
    assert after["Lambda, x86_64"] == pytest.approx(82_500 * 0.0000166667)
    changed = {"API Gateway, REST", "API Gateway, HTTP", "Lambda, arm64", "Lambda, x86_64"}
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }


@pytest.mark.parametrize("wrong", [{"batch": 0.5}, {"batch": 11}, {"polls": -1}, {"payments": 0}])
def test_a_lever_beyond_its_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"batch|polls|payment"):
        Levers(**wrong)  # type: ignore[arg-type]


@given(
    name=st.sampled_from(list(VARIANTS)),
    batches=st.tuples(st.floats(1, 10), st.floats(1, 10)),
    polls=st.tuples(st.floats(0, 20), st.floats(0, 20)),
)
def test_larger_batches_and_fewer_polls_never_cost_more(
    name: str, batches: tuple[float, float], polls: tuple[float, float]
) -> None:
    counts, prices = load(), Prices.of("us-east-1")
    cheap = Levers(batch=max(batches), polls=min(polls))
    dear = Levers(batch=min(batches), polls=max(polls))

    totals = [
        cost.total(cost.of_payments(name, counts, prices, levers)) for levers in (cheap, dear)
    ]

    assert totals[0] <= totals[1] + 1e-9
