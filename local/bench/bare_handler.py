"""Times a handler without any platform: `python bare_handler.py HANDLER CALLS < event`.

Prints the milliseconds of each call as JSON. Meant for the Python of the Lambda runtime, so it
imports nothing of the project.
"""

import importlib
import json
import sys
import time

_WARM_UP = 20


def main(name: str, calls: str) -> None:
    module, _, attribute = name.rpartition(".")
    handler = getattr(importlib.import_module(module), attribute)
    payload = sys.stdin.read()
    milliseconds = []
    for _ in range(_WARM_UP + int(calls)):
        began = time.perf_counter()
        json.dumps(handler(json.loads(payload), None))
        milliseconds.append((time.perf_counter() - began) * 1000)
    print(json.dumps(milliseconds[_WARM_UP:]))


if __name__ == "__main__":
    main(*sys.argv[1:])
