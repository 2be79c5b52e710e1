"""The lines that Lambda itself writes into a function's log, and the errors it reports.

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

import json
import math
import signal
from dataclasses import dataclass, replace
from typing import Self

MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100


@dataclass(frozen=True)
class Failure:
    """An invocation that ended in an error, as the payload of its answer says."""

    payload: bytes
    error_type: str
    status: str = "error"
    log_line: str = ""
    is_fatal: bool = True
    """Whether the process is of no use afterwards."""

    @classmethod
    def of(cls, error_type: str, message: str, *, status: str = "error", log: str = "") -> Self:
        payload = json.dumps({"errorType": error_type, "errorMessage": message}).encode()
        return cls(payload, error_type, status, log)


def timed_out(request_id: str, seconds: float) -> Failure:
    said = f"Task timed out after {seconds:.2f} seconds"
    message = f"RequestId: {request_id} Error: {said}"
    return Failure.of("Sandbox.Timedout", message, status="timeout", log=f"{request_id} {said}")


def exited(request_id: str, status: int) -> Failure:
    """The process ended during the invocation; `status` as in `Popen.returncode`."""
    if status < 0:
        said = f"Runtime exited with error: signal: {(signal.strsignal(-status) or '').lower()}"
    elif status > 0:
        said = f"Runtime exited with error: exit status {status}"
    else:
        said = "Runtime exited without providing a reason"
    message = f"RequestId: {request_id} Error: {said}"
    return Failure.of("Runtime.ExitError", message, log=message)


def out_of_memory(request_id: str) -> Failure:
    message = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
    return Failure.of("Runtime.OutOfMemory", message, log=message)


def too_large_a_response() -> Failure:
    message = (
        f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
    )
    failure = Failure.of("Function.ResponseSizeTooLarge", message, log=message)
    return replace(failure, is_fatal=False)


def raised(body: bytes, *, at_import: bool) -> Failure:
    """An exception of the function, in the form in which the runtime posted it."""
    try:
        error_type = str(json.loads(body)["errorType"])
    except (ValueError, TypeError, LookupError):
        error_type = "Unhandled"
    return Failure(body, error_type, status="error" if at_import else "", is_fatal=at_import)


def start_line(request_id: str, version: str) -> str:
    return f"START RequestId: {request_id} Version: {version}\n"


def init_report_line(milliseconds: float, failure: Failure) -> str:
    parts = [f"INIT_REPORT Init Duration: {milliseconds:.2f} ms", "Phase: init"]
    return "\t".join([*parts, *_status(failure)]) + "\n"


def end_lines(
    request_id: str,
    *,
    milliseconds: float,
    memory_mb: int,
    used_mb: int,
    init_milliseconds: float | None = None,
    failure: Failure | None = None,
) -> str:
    """END and REPORT, before them what the platform says of the failure."""
    report = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {milliseconds:.2f} ms",
        f"Billed Duration: {math.ceil(milliseconds + (init_milliseconds or 0))} ms",
        f"Memory Size: {memory_mb} MB",
        f"Max Memory Used: {used_mb} MB",
    ]
    if init_milliseconds is not None:
        report.append(f"Init Duration: {init_milliseconds:.2f} ms")
    if failure is not None:
        report += _status(failure)
    log = f"{failure.log_line}\n\n" if failure is not None and failure.log_line else ""
    return f"{log}END RequestId: {request_id}\n" + "\t".join(report) + "\n"


def _status(failure: Failure) -> list[str]:
    if failure.status == "error":
        return ["Status: error", f"Error Type: {failure.error_type}"]
    return [f"Status: {failure.status}"] if failure.status else []
