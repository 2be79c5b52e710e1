"""What the variants take, cost and bear: `python -m comparison`."""

import sys

from local.signals import run

if __name__ == "__main__":
    sys.exit(run("comparison.command_line"))
