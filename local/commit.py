"""Which state of the project something was measured at."""

import subprocess

from local.paths import ROOT


def commit() -> str:
    """Its short hash, with a plus where files have been changed since."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
