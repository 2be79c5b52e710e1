"""Invokes a function with an event.

In a container, by `sam local invoke`, where a Docker engine runs and `make run CONTAINERS=1` is up;
else as a process of the local cloud, with the same handler, runtime client and environment.
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
        "--event", metavar="FILE", required=True, help="or a sample's name, such as pay"
    )


def run(options: Namespace) -> int:
    options.local = not options.profile
    stack = chosen(options)
    functions = stack.of_type("AWS::Lambda::Function")
    if options.function not in functions:
        raise Failed(f"{stack.name} has no {options.function}, but {', '.join(functions)}")
    event = _event(options.function, options.event)
    cloud = stack.place.cloud
    if cloud is None:
        return _call(stack, functions[options.function], event)
    if why_not := _why_in_no_container(cloud):
        print(f"As a process of the local cloud: {why_not}.", file=sys.stderr)
        return _call(stack, functions[options.function], event)
    return _sam_local_invoke(cloud, stack.name, options.function, event)


def _event(function: str, name: str) -> Path:
    for path in (Path(name), _EVENTS / function / f"{name}.json"):
        if path.is_file():
            return path.resolve()
    samples = ", ".join(sorted(path.stem for path in (_EVENTS / function).glob("*.json")))
    raise Failed(f"there is no event {name}; samples of {function}: {samples}")


def _why_in_no_container(cloud: Cloud) -> str:
    if not containers.engine_runs():
        return "no Docker engine runs"
    if cloud.containers is None:
        return "only make run CONTAINERS=1 lets containers in"
    return ""


def _call(stack: Stack, function: str, event: Path) -> int:
    answer = stack.place.client("lambda").invoke(
        FunctionName=function, Payload=event.read_bytes(), LogType="Tail"
    )
    sys.stderr.write(base64.b64decode(answer["LogResult"]).decode(errors="replace"))
    print(answer["Payload"].read().decode())
    return 0


def _sam_local_invoke(cloud: Cloud, variant: str, function: str, event: Path) -> int:
    sam = sam_local.command(cloud, VARIANTS[variant], "invoke", function, "--event", event)
    return subprocess.run(sam, cwd=ROOT, env=sam_local.environment(), check=False).returncode
