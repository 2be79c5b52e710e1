"""A function logs to the log group that it declares; LocalStack keeps the name and ignores it.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html

What is logged goes straight to where CloudWatch Logs keeps it: through its API it took a third of
all the time that LocalStack had.
"""

import logging
import time
from contextlib import suppress
from typing import Any

from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment
from localstack.services.lambda_.invocation.logs import QUEUE_SHUTDOWN, LogHandler, LogItem
from localstack.services.logs.models import get_moto_logs_backend
from moto.logs.exceptions import ResourceAlreadyExistsException
from moto.logs.models import LogsBackend

LOG = logging.getLogger(__name__)


def install() -> None:
    ExecutionEnvironment.get_log_group_name = _declared
    LogHandler.run_log_loop = _keep


def _declared(environment: ExecutionEnvironment) -> str:
    return str(environment.function_version.config.logging_config["LogGroup"])


def _keep(handler: LogHandler, *_: Any) -> None:
    """Until the handler is stopped."""
    account = handler.role_arn.split(":")[4]
    while (item := handler.log_queue.get()) is not QUEUE_SHUTDOWN:
        try:
            _append(get_moto_logs_backend(account, handler.region), item)
        except Exception:  # the thread would end, and with it all further logs of the function
            LOG.exception("a log of %s is lost", item.log_group)


def _append(logs: LogsBackend, item: LogItem) -> None:
    if item.log_group not in logs.groups:
        with suppress(ResourceAlreadyExistsException):  # another function may be faster
            logs.create_log_group(item.log_group, {})
    logs.ensure_log_stream(item.log_group, item.log_stream)
    # Of one time, as LocalStack has it: it knows no time of a line's own.
    now = int(time.time() * 1000)
    lines = [line for line in item.logs.split("\n") if line]
    events = [{"timestamp": now, "message": f"{line}\n"} for line in lines]
    logs.put_log_events(item.log_group, item.log_stream, events)
