"""Headless Chromium, driven over its debugging pipe: the DevTools protocol without a socket.

https://chromedevtools.github.io/devtools-protocol/
"""

import json
import os
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from tempfile import TemporaryDirectory
from typing import Any, Self

from tests.eventually import PATIENCE_SECONDS

NAMES = ("chromium", "chromium-browser", "google-chrome")
_READ, _WRITE = 3, 4
"""Where Chromium reads commands and writes answers."""
_OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-proxy-server",
)


class PageFailed(Exception):
    """A script of the page raised."""


def executable() -> str | None:
    """None where no Chromium is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """A page, and all that it complained of."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._received = b""
        self._sent = 0
        self._session: str | None = None
        self.complaints: list[str] = []
        """Errors and warnings of its console, scripts that raised, and what its policy refused."""
        self._loaded = 0

    def attach(self) -> Self:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Audits"):
            self.call(f"{domain}.enable")
        return self

    def show(self, url: str, width: int = 1280, scheme: str = "light") -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)
        loaded = self._loaded
        self.call("Page.navigate", url=url)
        while self._loaded == loaded:
            self._receive()

    def run(self, expression: str) -> Any:
        """What it evaluates to. Raises PageFailed."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise PageFailed(_told(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def press(self, key: str, code: int) -> None:
        named = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": code}
        text = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **named, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def screenshot(self, file: Path, *, whole: bool = True) -> None:
        clip = self._clip() if whole else {}
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **clip)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b64decode(taken["data"]))

    def call(self, method: str, **parameters: Any) -> Any:
        self._sent += 1
        id = self._sent
        message: dict[str, Any] = {"id": id, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == id:
                if "error" in answer:
                    raise PageFailed(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _clip(self) -> dict[str, Any]:
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {**size, "scale": 1}}

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._received:
            ready, _, _ = select([self._answers], [], [], PATIENCE_SECONDS)
            if not ready:
                raise PageFailed(f"Chromium has said nothing for {PATIENCE_SECONDS} s")
            more = os.read(self._answers, 1 << 20)
            if not more:
                raise PageFailed("Chromium has ended")
            self._received += more
        text, _, self._received = self._received.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, told: dict[str, Any]) -> None:
        match method:
            case "Page.loadEventFired":
                self._loaded += 1
            case "Runtime.exceptionThrown":
                self.complaints.append(_told(told["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if told["type"] in ("error", "warning", "assert"):
                self.complaints.append(str([each.get("value") for each in told["args"]]))
            case "Log.entryAdded" if told["entry"]["level"] in ("error", "warning"):
                self.complaints.append(told["entry"]["text"])
            case "Audits.issueAdded" if told["issue"]["code"] == "ContentSecurityPolicyIssue":
                self.complaints.append(json.dumps(told["issue"]["details"]))


@contextmanager
def browsing(program: str) -> Iterator[Page]:
    """A page of a Chromium of one's own, which ends with it."""
    for_it, commands = os.pipe()
    answers, by_it = os.pipe()
    # A sandbox needs rights that root in a container lacks; only our own page is shown.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        shell = f'exec "$@" {_READ}<&{for_it} {_WRITE}>&{by_it}'
        options = [*_OPTIONS, *sandbox, f"--user-data-dir={profile}"]
        process = subprocess.Popen(
            ["/bin/bash", "-c", shell, "chromium", program, *options],
            pass_fds=(for_it, by_it),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(for_it)
        os.close(by_it)
        try:
            yield Page(commands, answers).attach()
        finally:
            os.close(commands)  # which ends it
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.close(answers)


def _told(details: dict[str, Any]) -> str:
    return str(details.get("exception", {}).get("description") or details["text"])
