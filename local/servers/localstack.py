"""LocalStack 4.14 in host mode as a child process, with this project's plug-in."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

import urllib3

from local.paths import LAMBDA_PYTHON, LOCALSTACK_PYTHON, ROOT, STATE
from local.servers.process import ServerProcess

REGION = "us-east-1"
# Any caller of the local cloud that is not one of its functions signs with these.
ACCESS_KEY = "test"
SECRET_KEY = "test"

_CACHE = STATE / "cache" / "localstack"
_START_TIMEOUT_SECONDS = 90.0
_STOP_GRACE_SECONDS = 3.0


class LocalStack:
    """The AWS services of one local cloud, with their files in `folder`."""

    def __init__(self, folder: Path, port: int, bridge: str = "") -> None:
        """`bridge` is an address to listen on besides the loopback interface."""
        self.endpoint = f"http://127.0.0.1:{port}"
        self.log = folder / "localstack.log"
        self.function_calls = folder / "function-calls.jsonl"
        self.faults = folder / "faults"
        """What breaks functions and queues on purpose: see `local.localstack_plugin.faults`."""
        self._folder = folder
        self._config = folder / "aws-config"
        self._port = port
        self._bridge = bridge
        self._server: ServerProcess | None = None

    def start(self) -> None:
        """Start LocalStack and wait until it answers; ServerCrashed tells why it did not."""
        if not LOCALSTACK_PYTHON.exists():
            raise FileNotFoundError(
                f"{LOCALSTACK_PYTHON} is missing: run local/bootstrap.sh to make the environments"
            )
        temporary = self._folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        self._share_cache()
        self._write_config()
        self._server = ServerProcess(
            "LocalStack",
            [LOCALSTACK_PYTHON, "-m", "localstack.runtime.main"],
            log=self.log,
            stop_signal="SIGTERM",
            grace=_STOP_GRACE_SECONDS,
            environment=self._environment(temporary),
            folder=self._folder,
        )
        try:
            self._wait_until_ready(self._server)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def check(self) -> None:
        """Raise ServerCrashed when LocalStack ended by itself."""
        if self._server is not None:
            self._server.check()

    def _share_cache(self) -> None:
        """Keep LocalStack's index of the AWS APIs from start to start: it costs 3 s and 350 MB."""
        cache = self._folder / "localstack" / "var" / "lib" / "localstack" / "cache"
        cache.parent.mkdir(parents=True, exist_ok=True)
        _CACHE.mkdir(parents=True, exist_ok=True)
        if not cache.is_symlink():
            cache.symlink_to(_CACHE)

    def _write_config(self) -> None:
        """A region for SAM's translator in LocalStack. Where it finds none, LocalStack sets and
        unsets a variable of its process around it, and deployments fail that go on in parallel.
        """
        self._config.write_text(f"[default]\nregion = {REGION}\n")

    def _environment(self, temporary: Path) -> Mapping[str, str]:
        address = f"127.0.0.1:{self._port}"
        return {
            # Nothing else of the user's: AWS_* and LocalStack's own switches change much.
            "PYTHONPATH": str(ROOT),
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self._folder),
            "AWS_CONFIG_FILE": str(self._config),
            "TMPDIR": str(temporary),
            "FILESYSTEM_ROOT": str(self._folder / "localstack"),
            "LOCALSTACK_VOLUME_DIR": str(self._folder / "localstack"),
            "GATEWAY_LISTEN": f"{address},{self._bridge}:{self._port}" if self._bridge else address,
            "GATEWAY_SERVER": "threading",
            "LOCALSTACK_HOST": address,
            "SQS_ENDPOINT_STRATEGY": "path",  # the default's host names need a public DNS
            "OVERRIDE_IN_DOCKER": "0",  # else some virtual machines are taken for its container
            "DNS_ADDRESS": "0",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DISABLE_EVENTS": "1",
            "IN_MEMORY_CLIENT": "1",  # services call each other without HTTP
            "LAMBDA_RUNTIME_EXECUTOR": "process",
            "LAMBDA_PROCESS_PYTHON": str(LAMBDA_PYTHON),
            "PROVIDER_OVERRIDE_DYNAMODB": "moto",
            "FUNCTION_CALLS_FILE": str(self.function_calls),
            "FAULTS_FOLDER": str(self.faults),
            # Milliseconds: the functions of several stacks would fill the memory in ten minutes.
            "LAMBDA_KEEPALIVE_MS": "30000",
            "LAMBDA_RETRY_BASE_DELAY": "1",  # seconds to the retry of an asynchronous invocation
        }

    def _answers(self, http: urllib3.PoolManager) -> bool:
        try:
            return http.request("GET", f"{self.endpoint}/_localstack/health").status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def _wait_until_ready(self, server: ServerProcess) -> None:
        http = urllib3.PoolManager(retries=False, timeout=2.0)
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            server.check()
            # The log says whose answer it is: another checkout's LocalStack may have been faster to
            # take the port, and then ours is about to end.
            if b"Ready." in self.log.read_bytes() and self._answers(http):
                return
            time.sleep(0.05)
        raise TimeoutError(
            f"LocalStack did not answer within {_START_TIMEOUT_SECONDS:.0f} s, see {self.log}"
        )
