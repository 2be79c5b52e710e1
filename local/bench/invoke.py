"""Warm invocations of one function through the local cloud, beside its bare handler."""

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

from local.bench import world
from local.bench.figures import Figure, NotMeasured, Summary, repetitions
from local.bench.world import World
from local.paths import LAMBDA_PYTHON, ROOT

_CALLS = 500
_WARM_UP = 20
_THREADS = 10
_TARGET_MS = 10.0
_BARE_HANDLER = Path(__file__).with_name("bare_handler.py")


def measure(*, quick: bool) -> Iterator[Figure]:
    calls = repetitions(_CALLS, quick=quick)
    with world.deployed() as here:
        function = here.stack.outputs["AuthorizerFunction"]
        event = here.authorizer_event
        client = here.lambda_client(connections=_THREADS)

        def call(_: int) -> float:
            began = perf_counter()
            world.invoke(client, function, event)["Payload"].read()
            return (perf_counter() - began) * 1000

        bare = _bare(here, client, function, event, calls)
        for each in range(_WARM_UP):
            call(each)
        warm = [call(each) for each in range(calls)]
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(call, range(_WARM_UP * _THREADS)))  # an environment for each thread
            began = perf_counter()
            parallel = list(pool.map(call, range(calls)))
            seconds = perf_counter() - began

    yield Figure.median("warm lambda.invoke, p50", warm, "ms", target=_TARGET_MS)
    yield Figure("warm lambda.invoke, p99", Summary.of(warm).p99, "ms", samples=warm)
    yield Figure.median("bare handler in process, p50", bare, "ms")
    yield Figure(f"throughput, {_THREADS} threads", calls / seconds, "/s")
    yield Figure.median(f"lambda.invoke, {_THREADS} threads, p50", parallel, "ms")


def _bare(here: World, client: Any, function: str, event: Any, calls: int) -> list[float]:
    configuration = client.get_function_configuration(FunctionName=function)
    layer = world.built() / "AuthorizerLayer" / "python"
    child = subprocess.run(
        [LAMBDA_PYTHON, "-P", _BARE_HANDLER, configuration["Handler"], str(calls)],
        env=configuration["Environment"]["Variables"]
        | {"PYTHONPATH": os.pathsep.join((str(layer), str(ROOT / "src")))},
        input=json.dumps(event),
        capture_output=True,
        text=True,
        timeout=120,
    )
    if child.returncode:
        raise NotMeasured(f"the bare handler of {function} failed:\n{child.stderr}")
    milliseconds: list[float] = json.loads(child.stdout)
    return milliseconds
