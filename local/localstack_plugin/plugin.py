"""The entry points that LocalStack calls, see pyproject.toml."""

from typing import Any

from localstack.runtime import hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin


class ProcessExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc]  # LocalStack has no types
    name = "process"

    def load(self, *_args: Any, **_kwargs: Any) -> type:
        from .executor import ProcessExecutor

        return ProcessExecutor


@hooks.on_infra_start()
def extend_localstack() -> None:
    from . import (
        api_gateway,
        call_log,
        deployment,
        event_archives,
        event_targets,
        fifo_queues,
        function_logs,
        metric_filters,
        metrics,
        queue_polling,
        s3,
        threads,
        timers,
        updates,
    )

    api_gateway.install()
    call_log.install()
    deployment.install()
    event_archives.install()
    event_targets.install()
    fifo_queues.install()
    function_logs.install()
    metric_filters.install()
    metrics.install()
    queue_polling.install()
    s3.install()
    threads.install()
    timers.install()
    updates.install()
