"""The local cloud stays up for as long as one likes, whatever goes through it."""

import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.integration.local_cloud.conftest import Function

_INVOCATIONS = 300


@pytest.mark.skipif(
    platform.system() != "Linux", reason="only Linux tells what a process has mapped"
)
def test_an_invocation_leaves_no_thread_behind(make_function: Callable[..., Function]) -> None:
    function = make_function("import os\ndef handler(event, context): return os.getppid()")
    localstack = function.invoke().payload

    def mapped() -> int:
        """A thread that nobody lets go keeps its stack, which is two of them."""
        return len(Path(f"/proc/{localstack}/maps").read_text().splitlines())

    for _ in range(_INVOCATIONS):
        function.invoke()
    before = mapped()
    for _ in range(_INVOCATIONS):
        function.invoke()

    # Other tests of this worker's cloud may go on meanwhile.
    eventually(lambda: mapped() < before + _INVOCATIONS / 2, "threads are let go")
