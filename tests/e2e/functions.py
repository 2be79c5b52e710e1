"""Other settings for a deployed function, which so gets fresh execution environments."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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


@contextmanager
def _changed(backstage: Backstage, function: str) -> Iterator[tuple[dict[str, Any], Any]]:
    functions = backstage.cloud.client("lambda")
    name = backstage.stack.outputs[function]
    before = functions.get_function_configuration(FunctionName=name)

    def change(**settings: Any) -> None:
        functions.update_function_configuration(FunctionName=name, **settings)
        functions.get_waiter("function_updated_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 1}
        )

    try:
        yield before, change
    finally:
        change(Environment=before["Environment"], Timeout=before["Timeout"])
