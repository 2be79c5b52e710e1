"""Lambda on local processes: how LocalStack starts, invokes and stops an execution environment."""

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from . import credentials, faults, report
from .runtime_api import Event, Kind
from .sandbox import Sandbox

RUNTIME = "python3.13"
_PYTHON_VARIABLE = "LAMBDA_PROCESS_PYTHON"
_PROGRAM = Path(__file__).with_name("function_process.py")
_INIT_TIMEOUT_SECONDS = 10.0


class ProcessExecutor(RuntimeExecutor):  # type: ignore[misc]  # LocalStack has no types
    """One execution environment. LocalStack gives it one invocation at a time.

    A process that died, ran out of time or memory, or whose source was edited (hot reload) is
    replaced at the next invocation.
    """

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id=id, function_version=function_version)
        self._sandbox: Sandbox | None = None
        self._source: frozenset[tuple[object, ...]] = frozenset()
        self._access_key = ""
        self._stopped = False
        self._lock = threading.Lock()

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        config = function_version.config
        if config.runtime != RUNTIME:
            raise ValueError(f"the local cloud runs {RUNTIME} functions, not {config.runtime}")
        for code in (config.code, *(layer.code for layer in config.layers or ())):
            code.prepare_for_execution()
            if not code.get_unzipped_code_location().is_dir():
                raise ValueError(f"no folder {code.get_unzipped_code_location()}")

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        pass

    def start(self, env_vars: dict[str, Any]) -> None:
        config, identity = self.function_version.config, self.function_version.id
        self._code = config.code.get_unzipped_code_location()
        self._temporary = tempfile.mkdtemp(prefix=f"{identity.function_name[:40]}-")
        layers = [layer.code.get_unzipped_code_location() for layer in config.layers or ()]
        given = {name: str(value) for name, value in env_vars.items()}
        self._environment = {
            "LANG": "en_US.UTF-8",
            "HOME": self._temporary,
            "TMPDIR": self._temporary,
            "PYTHONNOUSERSITE": "1",
            "PYTHONUNBUFFERED": "1",
            # As on Lambda, where the code is read-only; and a cached file would be stale when the
            # source is edited twice in one second.
            "PYTHONDONTWRITEBYTECODE": "1",
            **_search_paths(layers),
            **given,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{RUNTIME}",
            "LAMBDA_TASK_ROOT": str(self._code),
            "LOCAL_FAULT_FILE": str(faults.file(identity.function_name)),
        }
        caller = credentials.of_function(
            given, identity.account, config.role, identity.function_name
        )
        credentials.register(caller)
        self._access_key = caller.access_key
        self._boot()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._sandbox is not None:
                self._sandbox.stop()
            credentials.forget(self._access_key)
            shutil.rmtree(self._temporary, ignore_errors=True)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        request_id, config = payload["invoke-id"], self.function_version.config
        sandbox = self._current_sandbox()
        log = ""
        init_milliseconds = None
        event = failure = None
        if not sandbox.has_started:
            event, init_milliseconds = sandbox.wait_for_start(_INIT_TIMEOUT_SECONDS)
            failure = self._failure(sandbox, event, request_id, at_import=True)
            if failure is not None:
                log += sandbox.take_log() + report.init_report_line(init_milliseconds, failure)

        begun = time.perf_counter()
        if failure is None:
            headers = {
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + config.timeout) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": payload["invoked-function-arn"],
                "Lambda-Runtime-Trace-Id": payload["trace-id"],
            }
            sandbox.send(headers, payload["payload"].encode())
            seconds = faults.seconds_until_timed_out(
                self.function_version.id.function_name, config.timeout
            )
            event = sandbox.wait(seconds, Kind.RESPONSE, Kind.ERROR)
            failure = self._failure(sandbox, event, request_id)
        milliseconds = (time.perf_counter() - begun) * 1000

        log += report.start_line(request_id, self.function_version.id.qualifier)
        log += sandbox.take_log()
        log += report.end_lines(
            request_id,
            milliseconds=milliseconds,
            memory_mb=config.memory_size,
            used_mb=min(sandbox.used_mb(), config.memory_size),
            init_milliseconds=init_milliseconds,
            failure=failure,
        )
        if failure is not None:
            if failure.is_fatal:
                sandbox.stop()  # the next invocation starts a fresh process
            return InvocationResult(request_id, failure.payload, is_error=True, logs=log)
        assert event is not None
        return InvocationResult(request_id, event.body, is_error=False, logs=log)

    def get_logs(self) -> str:
        return self._sandbox.take_log() if self._sandbox is not None else ""

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return ""

    def _failure(
        self, sandbox: Sandbox, event: Event | None, request_id: str, *, at_import: bool = False
    ) -> report.Failure | None:
        """What went wrong according to the event; None when nothing did."""
        if sandbox.is_out_of_memory():
            return report.out_of_memory(request_id)
        match event:
            case None:
                return report.timed_out(request_id, self.function_version.config.timeout)
            case Event(Kind.EXIT):
                return report.exited(request_id, sandbox.exit_status())
            case Event(Kind.ERROR, body):
                return report.raised(body, at_import=at_import)
            case Event(Kind.RESPONSE, body) if len(body) > report.MAX_RESPONSE_BYTES:
                return report.too_large_a_response()
        return None

    def _current_sandbox(self) -> Sandbox:
        assert self._sandbox is not None
        if self._sandbox.is_alive and not self._source_changed():
            return self._sandbox
        return self._boot()

    def _boot(self) -> Sandbox:
        with self._lock:
            if self._stopped:
                raise RuntimeError(f"execution environment {self.id} was stopped")
            if self._sandbox is not None:
                self._sandbox.stop()
            # Before the process reads the source: a later edit is then seen as one.
            self._source = self._read_source()
            self._sandbox = Sandbox(
                [os.environ[_PYTHON_VARIABLE], "-P", str(_PROGRAM), self._handler],
                self._environment,
                self._code,
                self.function_version.config.memory_size,
            )
            return self._sandbox

    @property
    def _handler(self) -> str:
        return str(self.function_version.config.handler)

    def _source_changed(self) -> bool:
        return self._read_source() != self._source

    def _read_source(self) -> frozenset[tuple[object, ...]]:
        if not self.function_version.config.code.is_hot_reloading():
            return frozenset()
        return frozenset(_files(self._code))


def _search_paths(layers: list[Path]) -> dict[str, str]:
    """What a layer's content under /opt would add; on Lambda a later layer overwrites earlier ones.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    folders = list(reversed(layers))

    def joined(*parts: str) -> str:
        return os.pathsep.join(str(folder / part) for part in parts for folder in folders)

    site_packages = f"python/lib/{RUNTIME}/site-packages"
    path = os.environ.get("PATH", os.defpath)
    return {
        "PYTHONPATH": joined(site_packages, "python"),
        "LD_LIBRARY_PATH": joined("lib"),
        "PATH": os.pathsep.join(filter(None, (joined("bin"), path))),
    }


def _files(folder: Path | str) -> Iterable[tuple[object, ...]]:
    """Every source file with what tells its versions apart, even two of one second and size."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _files(entry.path)
            else:
                with suppress(FileNotFoundError):  # an editor replaced it at this moment
                    stat = entry.stat()
                    yield entry.path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
