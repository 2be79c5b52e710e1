"""Lambda's CloudWatch metrics, summed up and published every few seconds.

LocalStack publishes each invocation by itself, which costs a third of an invocation's time. Sums
stay exact; the number of samples is that of the publications.
"""

import threading
import time
from collections import Counter
from typing import NamedTuple

from localstack.services.lambda_.invocation import version_manager
from localstack.utils.cloudwatch.cloudwatch_util import publish_lambda_metric

_PERIOD_SECONDS = 2.0


class _Metric(NamedTuple):
    name: str
    function: str
    account_id: str
    region: str


class _Totals:
    def __init__(self) -> None:
        self._counts: Counter[_Metric] = Counter()
        self._lock = threading.Lock()

    def add(self, *metrics: _Metric) -> None:
        with self._lock:
            self._counts.update(metrics)

    def publish_forever(self) -> None:
        while True:
            time.sleep(_PERIOD_SECONDS)
            with self._lock:
                counts, self._counts = self._counts, Counter()
            for metric, count in counts.items():
                publish_lambda_metric(
                    metric.name,
                    count,
                    {"func_name": metric.function},
                    account_id=metric.account_id,
                    region_name=metric.region,
                )


def install() -> None:
    totals = _Totals()

    def record_invocation(function_name: str, account_id: str, region_name: str) -> None:
        totals.add(_Metric("Invocations", function_name, account_id, region_name))

    def record_error(function_name: str, account_id: str, region_name: str) -> None:
        record_invocation(function_name, account_id, region_name)
        totals.add(_Metric("Errors", function_name, account_id, region_name))

    version_manager.record_cw_metric_invocation = record_invocation
    version_manager.record_cw_metric_error = record_error
    threading.Thread(target=totals.publish_forever, name="lambda-metrics", daemon=True).start()
