"""The operator's commands: `python -m operations`."""

import sys

from local.signals import run

if __name__ == "__main__":
    sys.exit(run("operations.command_line"))
