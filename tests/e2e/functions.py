"""What a test does to a deployed function: other settings, with which it gets fresh execution
environments, or a sudden end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from tests.e2e.conftest import Backstage


@contextmanager
def environment(backstage: Backstage, function: str, **variables: str) -> Iterator[None]:
    """The function runs with these variables too, until the block ends."""
    with _changed(backstage, function) as (before, change):
        there = before["Environment"]["Variables"]
        change(Environment={"Variables": there | variables})
        yield


@contextmanager
def timeout(backstage: Backstage, function: str, seconds: int) -> Iterator[None]:
    """The function may run for so long, until the block ends."""
    with _changed(backstage, function) as (_, change):
        change(Timeout=seconds)
        yield


def kill(function_name: str) -> None:
    """SIGKILL for the processes that run this function."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("AWS_LAMBDA_FUNCTION_NAME") == function_name:
                process.kill()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


@contextmanager
def _changed(backstage: Backstage, function: str) -> Iterator[tuple[dict[str, Any], Any]]:
    functions = backstage.cloud.client("lambda")
    name = backstage.stack.outputs[function]
    before = functions.get_function_configuration(FunctionName=name)

    def change(**settings: Any) -> None:
        functions.update_function_configuration(FunctionName=name, **settings)
        functions.get_waiter("function_updated_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300}
        )

    try:
        yield before, change
    finally:
        change(Environment=before["Environment"], Timeout=before["Timeout"])
