"""Prints the CPU milliseconds that an import takes: `python import_cpu.py MODULE`.

Meant for the Python of the Lambda runtime, so it imports nothing of the project.
"""

import importlib
import sys
import time

import awslambdaric.bootstrap  # noqa: F401  # what the runtime has imported before the function

if __name__ == "__main__":
    began = time.process_time()
    importlib.import_module(sys.argv[1])
    print((time.process_time() - began) * 1000)
