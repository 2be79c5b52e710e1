"""The local cloud stays up for as long as one likes, whatever goes through it."""

import platform
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from local.cloud import Cloud
from tests.eventually import eventually
from tests.integration.local_cloud.conftest import Function

_INVOCATIONS = 300


@pytest.mark.skipif(
    platform.system() != "Linux", reason="only Linux tells what a process has mapped"
)
def test_an_invocation_leaves_no_thread_behind(
    cloud: Cloud, make_function: Callable[..., Function]
) -> None:
    function = make_function("def handler(event, context): pass")

    (localstack,) = (
        process
        for process in psutil.Process(cloud.pid).children(recursive=True)
        if "localstack.runtime.main" in process.cmdline()
        and "guard.py" not in " ".join(process.cmdline())
    )

    def mapped() -> int:
        """A thread that nobody lets go keeps its stack, which is two of them."""
        return len(Path(f"/proc/{localstack.pid}/maps").read_text().splitlines())

    for _ in range(_INVOCATIONS):
        function.invoke()
    before = mapped()
    for _ in range(_INVOCATIONS):
        function.invoke()

    # Other tests of this worker's cloud may go on meanwhile.
    eventually(lambda: mapped() < before + _INVOCATIONS / 2, "threads are let go")
