"""What goes through a channel: counted by LocalStack's log, by Audit and by CloudWatch."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any, Self

from local.bench.channel import Channel
from local.bench.world import World

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
        return cls(channel.calls(), _published(channel), queued(channel))

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


def queued(here: World) -> Counter[str]:
    """Messages that were sent to the stack's queues so far, to be asked for while it is idle."""
    sleep(_METRICS_PERIOD_S)
    cloudwatch = here.cloud.client("cloudwatch")
    return Counter({name: _sent(cloudwatch, url) for name, url in here.queues().items()})


def _sent(cloudwatch: Any, queue_url: str) -> int:
    now = datetime.now(UTC)
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="NumberOfMessagesSent",
        Dimensions=[{"Name": "QueueName", "Value": queue_url.rpartition("/")[2]}],
        StartTime=now - timedelta(days=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    total: float = sum(point["Sum"] for point in answer["Datapoints"])
    return round(total)
