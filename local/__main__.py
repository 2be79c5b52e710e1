"""The local cloud: `python -m local`."""

import sys

from local.signals import run

if __name__ == "__main__":
    sys.exit(run("local.command_line"))
