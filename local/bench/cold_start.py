"""From the start of a function's process to its first response."""

import base64
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import uuid4

from local.bench import world
from local.bench.figures import Figure, NotMeasured, repetitions
from local.bench.world import World
from local.paths import ROOT

_STARTS = 10
_ATTEMPTS = 3
_TARGET_MS = 500.0
_REPORT = re.compile(r"^REPORT .*?\tDuration: ([0-9.]+) ms.*?\tInit Duration: ([0-9.]+) ms", re.M)


@dataclass(frozen=True)
class ColdStart:
    """In milliseconds; what the client waits includes the way there and back."""

    init: float
    first_call: float
    client: float = 0.0


def measure(*, quick: bool) -> Iterator[Figure]:
    starts: defaultdict[str, list[ColdStart]] = defaultdict(list)
    with world.deployed() as here:
        functions, events = here.functions(), _harmless_events(here)
        if unknown := functions.keys() - events:
            raise NotMeasured(f"cold_start.py has no event for {', '.join(sorted(unknown))}")
        client = here.lambda_client()
        for _ in range(repetitions(_STARTS, quick=quick)):
            for logical_id, name in sorted(functions.items()):
                starts[logical_id].append(_start(client, name, events[logical_id]))
    for logical_id, measured in starts.items():
        yield Figure.median(
            f"cold start, {logical_id}",
            [start.init + start.first_call for start in measured],
            "ms",
            target=_TARGET_MS,
            beside={
                "init ms": [start.init for start in measured],
                "first call ms": [start.first_call for start in measured],
                "client ms": [start.client for start in measured],
            },
        )


def read_report(log: str) -> ColdStart | None:
    """The times in Lambda's own line at the end of a log; None when nothing was started.

    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """
    found = _REPORT.search(log)
    return ColdStart(init=float(found[2]), first_call=float(found[1])) if found else None


def _start(client: Any, function: str, event: Any) -> ColdStart:
    """In a new environment, as every change of a function's configuration asks for one."""
    for _ in range(_ATTEMPTS):
        client.update_function_configuration(FunctionName=function, Description=str(uuid4()))
        client.get_waiter("function_updated_v2").wait(
            FunctionName=function, WaiterConfig={"Delay": 0.2, "MaxAttempts": 100}
        )
        began = perf_counter()
        answer = world.invoke(client, function, event, LogType="Tail")
        waited = (perf_counter() - began) * 1000
        start = read_report(base64.b64decode(answer["LogResult"]).decode())
        if start:  # else a schedule was faster, and has started it
            return ColdStart(start.init, start.first_call, waited)
    raise NotMeasured(f"{function} was warm in {_ATTEMPTS} attempts to start it anew")


def _harmless_events(here: World) -> dict[str, Any]:
    """By logical id."""
    s3 = here.cloud.client("s3")
    place = {"Bucket": "bench", "Key": "custom-resource-answer"}
    s3.create_bucket(Bucket=place["Bucket"])
    delete = {
        "RequestType": "Delete",
        "RequestId": str(uuid4()),
        "ResponseURL": s3.generate_presigned_url("put_object", place),
        "StackId": here.stack.name,
        "LogicalResourceId": "Schema",
    }
    return {
        "AuthorizerFunction": here.authorizer_event,
        "CustomerApiFunction": _sample("CustomerApiFunction/unknown-request.json"),
        "MigrationsFunction": delete,
        "OutboxRelayFunction": {},
        "OutcomesConsumerFunction": {"Records": []},
        "OverdueSweepFunction": {},
        "PortfolioImportFunction": _sample("PortfolioImportFunction/policies.json"),
        "SalesConsumerFunction": {"Records": []},
    }


def _sample(name: str) -> Any:
    return json.loads((ROOT / "events" / name).read_text())
