"""What the variants cost, and how they behave beyond one machine: `python -m comparison`."""

import sys

from comparison.command_line import execute

if __name__ == "__main__":
    sys.exit(execute())
