"""What goes through a channel: counted by LocalStack's log, by Audit and by CloudWatch."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any, Self

from local.bench.channel import QUEUES, Channel

# The bench's own calls.
_OWN = ("cloudwatch.", "dynamodb.Scan", "sqs.GetQueueAttributes")
_METRICS_PERIOD_S = 3.0
"""LocalStack has them every two seconds, see `local.localstack_plugin.metrics`."""


@dataclass(frozen=True)
class Traffic:
    calls: Counter[str]
    """Of AWS services, by their names."""
    published: Counter[str]
    """Events, by the service that published them: Audit hears all."""
    queued: Counter[str]
    """Messages, by the queue that the channel sent them to."""

    @classmethod
    def so_far(cls, channel: Channel) -> Self:
        """To be asked for while the channel is idle."""
        sleep(_METRICS_PERIOD_S)
        calls = {call: n for call, n in channel.calls().items() if not call.startswith(_OWN)}
        return cls(Counter(calls), _published(channel), _queued(channel))

    def since(self, earlier: Self) -> Self:
        return type(self)(
            self.calls - earlier.calls,
            self.published - earlier.published,
            self.queued - earlier.queued,
        )


def _published(channel: Channel) -> Counter[str]:
    pages = channel.cloud.client("dynamodb").get_paginator("scan")
    return Counter(
        json.loads(item["event"]["S"])["source"]
        for page in pages.paginate(TableName=channel.stack.outputs["AuditTable"])
        for item in page["Items"]
    )


def _queued(channel: Channel) -> Counter[str]:
    cloudwatch = channel.cloud.client("cloudwatch")
    return Counter({queue: _sent(cloudwatch, channel, queue) for queue in QUEUES})


def _sent(cloudwatch: Any, channel: Channel, queue: str) -> int:
    now = datetime.now(UTC)
    _, _, name = channel.stack.outputs[f"{queue}QueueUrl"].rpartition("/")
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="NumberOfMessagesSent",
        Dimensions=[{"Name": "QueueName", "Value": name}],
        StartTime=now - timedelta(days=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    total: float = sum(point["Sum"] for point in answer["Datapoints"])
    return round(total)
