"""A function logs to the log group that it declares; LocalStack keeps the name and ignores it.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
"""

from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment


def install() -> None:
    ExecutionEnvironment.get_log_group_name = _declared


def _declared(environment: ExecutionEnvironment) -> str:
    return str(environment.function_version.config.logging_config["LogGroup"])
