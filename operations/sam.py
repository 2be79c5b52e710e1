"""SAM on the operator's behalf: it prints, asks and finds its credentials by itself."""

import os
import subprocess
from pathlib import Path

from local.paths import ROOT, SAM
from operations.errors import Failed
from operations.place import Place


def sam(place: Place, profile: str | None, command: str, *arguments: str | Path) -> None:
    """Runs until it ends; raises `Failed` when it could not do what it should."""
    where = ["--region", place.region, *(["--profile", profile] if profile else [])]
    done = subprocess.run(
        [SAM, command, *arguments, *where],
        cwd=ROOT,
        env=os.environ | {"SAM_CLI_TELEMETRY": "0"},
        check=False,
    )
    if done.returncode:
        raise Failed(f"sam {command} ended with {done.returncode}")
