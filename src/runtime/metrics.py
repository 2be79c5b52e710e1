"""Metrics, each on the log line that tells of what it counts (CloudWatch's embedded metric format).

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

_NAMESPACE = "premiums"
"""Where the environment names none: a metric is no reason to fail."""


def emit(
    message: str,
    request_id: UUID,
    counts: Sequence[str],
    *,
    durations: Mapping[str, timedelta] | None = None,
    by: Mapping[str, str] | None = None,
    **about: object,
) -> None:
    """Writes one line, at once: a function that is killed later has told it nevertheless.

    A metric is one of this service, and one for each value of what it is told `by`. Every value is
    a metric of its own to CloudWatch: few are possible. What the line says `about` is no metric.
    """
    line = EphemeralMetrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or _NAMESPACE)
    for name in counts:
        line.add_metric(name, MetricUnit.Count, 1)
    for name, duration in (durations or {}).items():
        line.add_metric(name, MetricUnit.Milliseconds, duration / timedelta(milliseconds=1))
    if by:
        line.add_dimensions(service=line.service, **by)
    told = {"message": message, "correlation_id": str(request_id), **about}
    for name, value in told.items():
        if value is not None:
            line.add_metadata(name, value)
    line.flush_metrics()
