"""The operator's commands: `python -m operations`."""

import sys

from local.signals import Stopped, raise_stopped


def main() -> int:
    raise_stopped()
    try:
        # Imported late: it takes most of a second, in which a signal may come too.
        from operations.command_line import execute

        return execute()
    except Stopped as stopped:
        return stopped.exit_status


if __name__ == "__main__":
    sys.exit(main())
