"""What CloudWatch Logs makes of patterns."""

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from local.cloud import Cloud


@pytest.fixture
def group(cloud: Cloud) -> Iterator[str]:
    """A log group with a stream."""
    logs, name = cloud.client("logs"), f"group-{uuid4()}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="stream")
    yield name
    logs.delete_log_group(logGroupName=name)


def write(cloud: Cloud, group: str, *lines: str) -> None:
    now = int(time.time() * 1000)
    cloud.client("logs").put_log_events(
        logGroupName=group,
        logStreamName="stream",
        logEvents=[{"timestamp": now, "message": line} for line in lines],
    )


@pytest.mark.parametrize("pattern", ['"correlation-1"', "correlation"])
def test_a_reader_gets_the_lines_with_the_term(cloud: Cloud, group: str, pattern: str) -> None:
    line = '{"correlation_id": "correlation-1"}'
    write(cloud, group, line, "START RequestId: 1")

    found = cloud.client("logs").filter_log_events(logGroupName=group, filterPattern=pattern)

    assert [event["message"] for event in found["events"]] == [
        '{"correlation_id": "correlation-1"}'
    ]


def test_a_metric_filter_counts_nothing(cloud: Cloud, group: str) -> None:
    namespace = f"namespace-{uuid4()}"
    cloud.client("logs").put_metric_filter(
        logGroupName=group,
        filterName="published",
        filterPattern='{ $.message = "events published" }',
        metricTransformations=[
            {"metricNamespace": namespace, "metricName": "Published", "metricValue": "$.count"}
        ],
    )

    write(cloud, group, '{"message": "events published", "count": 3}')

    assert cloud.client("cloudwatch").list_metrics(Namespace=namespace)["Metrics"] == []
