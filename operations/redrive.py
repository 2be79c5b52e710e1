"""Sends again what dead-letter queues hold, once the fault is mended.

What a queue's consumer gave up goes back to that queue. What a topic or a bus could not deliver is
published again, for all subscribers.
"""

import sys
from argparse import ArgumentParser, Namespace

from botocore.exceptions import ClientError

from operations.confirm import add_yes, confirmed
from operations.dead_letters import DeadLetters, dead_letters
from operations.errors import Failed
from operations.queues import count
from operations.stack import chosen


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--queue", metavar="LOGICAL-ID", help="by default all")
    add_yes(parser)


def run(options: Namespace) -> int:
    stack = chosen(options)
    queues = {each.name: each for each in dead_letters(stack)}
    if options.queue:
        if options.queue not in queues:
            raise Failed(f"{stack.name} has no {options.queue}, but {', '.join(queues)}")
        queues = {options.queue: queues[options.queue]}
    print(f"{stack.name} in {stack.place.name}\n")
    counts = {name: count(stack, name) for name in queues}
    for name, messages in counts.items():
        print(f"{messages:>7}  {name:<32}{queues[name].way if messages else ''}".rstrip())
    waiting = [queue for name, queue in queues.items() if counts[name]]
    if not waiting:
        return 0
    print()
    if not confirmed(options, "Send them again?"):
        return 1
    return max([_redrive(queue) for queue in waiting])


def _redrive(queue: DeadLetters) -> int:
    """The exit status: where one queue fails the others are still to be tried."""
    try:
        print(f"{queue.redrive():>7}  {queue.name:<32}sent again")
    except (ClientError, Failed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
