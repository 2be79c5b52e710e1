"""Faults that the local cloud's plug-in has for a function or a queue."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.cloud import Cloud


@contextmanager
def fault(cloud: Cloud, name: str, words: str) -> Iterator[Callable[[], int]]:
    """The function or queue has it until the block ends; yields how to ask how often it has hit.

    What there is to say is told in `local.localstack_plugin.faults`.
    """
    file = cloud.localstack.faults / name
    struck = Path(f"{file}.struck")
    file.parent.mkdir(exist_ok=True)
    file.write_text(words)
    try:
        yield lambda: struck.stat().st_size if struck.exists() else 0
    finally:
        file.unlink()
        struck.unlink(missing_ok=True)
