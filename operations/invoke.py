"""Invokes a function with an event.

In a container, by `sam local invoke`, where a Docker engine runs and `make run CONTAINERS=1` is up;
else as a process of the local cloud, with the same handler, runtime client and environment. With
--profile it is a function on AWS.
"""

import base64
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from local import containers, sam_local
from local.cloud import Cloud
from local.paths import ROOT
from local.variants import VARIANTS
from operations.errors import Failed
from operations.stack import Stack, chosen

_EVENTS = ROOT / "events"


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--function", metavar="LOGICAL-ID", required=True)
    parser.add_argument(
        "--event", metavar="FILE", required=True, help="or the name of a sample, such as pay"
    )


def run(options: Namespace) -> int:
    options.local = not options.profile
    stack = chosen(options)
    function = stack.function(options.function)
    event = event_file(function, options.event)
    cloud = stack.place.cloud
    if cloud and not (obstacle := obstacle_to_containers(cloud)):
        return _sam_local_invoke(cloud, stack, function, event)
    if cloud:
        print(f"As a process of the local cloud: {obstacle}.", file=sys.stderr)
    _invoke(stack, function, event)
    return 0


def event_file(function: str, name: str) -> Path:
    """The file of this name, or the function's sample of this name."""
    for path in (Path(name), _EVENTS / function / f"{name}.json"):
        if path.is_file():
            return path.resolve()
    samples = ", ".join(sorted(path.stem for path in (_EVENTS / function).glob("*.json")))
    raise Failed(f"there is no event {name}; samples of {function}: {samples}")


def obstacle_to_containers(cloud: Cloud) -> str:
    """Why functions cannot run in containers; empty when they can."""
    if cloud.containers is None:
        return "only make run CONTAINERS=1 lets containers in"
    return "" if containers.engine_runs() else "no Docker engine runs"


def _sam_local_invoke(cloud: Cloud, stack: Stack, function: str, event: Path) -> int:
    sam = sam_local.command(cloud, VARIANTS[stack.name], "invoke", function, "--event", event)
    return subprocess.run(sam, env=sam_local.environment(), check=False).returncode


def _invoke(stack: Stack, function: str, event: Path) -> None:
    answer = stack.place.client("lambda").invoke(
        FunctionName=stack.resources[function].id, Payload=event.read_bytes(), LogType="Tail"
    )
    sys.stderr.write(base64.b64decode(answer["LogResult"]).decode(errors="replace"))
    print(answer["Payload"].read().decode())
