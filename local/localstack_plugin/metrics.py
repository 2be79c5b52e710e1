"""CloudWatch metrics of Lambda and SQS, summed up and published every few seconds.

LocalStack publishes each invocation and each message by itself, which costs a third of an
invocation's time and a quarter of a message's. Sums stay exact; the number of samples is that of
the publications.
"""

import threading
import time
from collections import Counter
from typing import NamedTuple

from localstack.services.lambda_.invocation import version_manager
from localstack.services.sqs.provider import CloudwatchDispatcher
from localstack.utils.cloudwatch.cloudwatch_util import publish_lambda_metric, publish_sqs_metric

_PERIOD_SECONDS = 2.0


class _OfFunction(NamedTuple):
    name: str
    function: str
    account_id: str
    region: str

    def publish(self, value: float) -> None:
        publish_lambda_metric(
            self.name, value, {"func_name": self.function}, self.account_id, self.region
        )


class _OfQueue(NamedTuple):
    name: str
    queue: str
    account_id: str
    region: str
    unit: str

    def publish(self, value: float) -> None:
        publish_sqs_metric(self.account_id, self.region, self.queue, self.name, value, self.unit)


class _Totals:
    def __init__(self) -> None:
        self._values: Counter[_OfFunction | _OfQueue] = Counter()
        self._lock = threading.Lock()

    def add(self, metric: _OfFunction | _OfQueue, value: float = 1) -> None:
        with self._lock:
            self._values[metric] += value  # type: ignore[assignment]  # bytes are whole numbers too

    def publish_forever(self) -> None:
        while True:
            time.sleep(_PERIOD_SECONDS)
            with self._lock:
                values, self._values = self._values, Counter()
            for metric, value in values.items():
                metric.publish(value)


def install() -> None:
    totals = _Totals()

    def record_invocation(function_name: str, account_id: str, region_name: str) -> None:
        totals.add(_OfFunction("Invocations", function_name, account_id, region_name))

    def record_error(function_name: str, account_id: str, region_name: str) -> None:
        record_invocation(function_name, account_id, region_name)
        totals.add(_OfFunction("Errors", function_name, account_id, region_name))

    def dispatch_sqs_metric(
        _dispatcher: CloudwatchDispatcher,
        account_id: str,
        region: str,
        queue_name: str,
        metric: str,
        value: float = 1,
        unit: str = "Count",
    ) -> None:
        totals.add(_OfQueue(metric, queue_name, account_id, region, unit), value)

    version_manager.record_cw_metric_invocation = record_invocation
    version_manager.record_cw_metric_error = record_error
    CloudwatchDispatcher.dispatch_sqs_metric = dispatch_sqs_metric
    threading.Thread(target=totals.publish_forever, name="metrics", daemon=True).start()
