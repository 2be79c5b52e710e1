"""Builds a template for the local cloud: its layers alone, by default for this machine.

The functions run from `src/` itself, by LocalStack's hot reload:
https://docs.localstack.cloud/aws/tooling/lambda-tools/hot-reloading/
"""

import hashlib
import json
import platform
import re
import shutil
from pathlib import Path
from typing import Final, Self

from filelock import FileLock

from local.paths import ROOT, STATE
from local.sam import Sam
from local.variants import Variant

ARCHITECTURE: Final = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
_MACHINE = "aarch64" if ARCHITECTURE == "arm64" else "x86_64"
LINUX: Final = f"{_MACHINE}-manylinux_2_28"
"""The platform, as uv names it, of containers here."""
THIS: Final = f"{_MACHINE}-apple-darwin" if platform.system() == "Darwin" else LINUX
"""That of the local cloud, which runs functions as processes."""
_SOURCE = re.compile(r"^(\s*CodeUri:) src/?\s*$", re.MULTILINE)
_ALIAS = re.compile(r"!Ref (\w+)\.Alias\b")
_ON_AWS_ONLY = re.compile(
    r"^    AutoPublishAlias: .*\n    DeploymentPreference:\n(?:      .*\n)+"
    r"|^    (?:DeletionPolicy|UpdateReplacePolicy): .*\n"
    r"|^  Dashboard:\n(?:    .*\n)+\n",
    re.MULTILINE,
)
_REQUIREMENTS = ROOT / "requirements"


class Build:
    """A build that goes on beside the caller, who waits for it or stops it.

    Variants of one template share it. Nothing is built when template, requirements and platform
    are those of the last build. Only one caller at a time builds a template.
    """

    def __init__(self, variant: Variant, platform: str = THIS) -> None:
        folder = STATE / "build" / variant.template.stem / platform
        folder.mkdir(parents=True, exist_ok=True)
        self.template = folder / "built" / "template.yaml"
        self._stamp = folder / "stamp"
        self._sam: Sam | None = None
        self._lock = FileLock(folder / "lock")
        self._lock.acquire()
        text = for_local_cloud(variant.template.read_text())
        self.digest = _digest(text, platform)
        """Of all that went into the build."""
        if self.template.exists() and _text(self._stamp) == self.digest:
            self._lock.release()
            return
        self._stamp.unlink(missing_ok=True)
        source = folder / "template.yaml"
        source.write_text(text)
        self._sam = Sam(
            *("build", "--parallel", "--cached", "--cache-dir", folder / "cache"),
            *("--template-file", source, "--base-dir", ROOT),
            *("--build-dir", self.template.parent),
            log=folder / "build.log",
            LAYER_PLATFORM=platform,
        )

    @property
    def seconds(self) -> float:
        return self._sam.seconds if self._sam else 0.0

    def wait(self) -> Self:
        """Until `template` can be deployed; raises `SamFailed`."""
        if self._sam and self._lock.is_locked:
            self._sam.wait()
            self._zip_layers()
            self._stamp.write_text(self.digest)
            self._lock.release()
        return self

    def _zip_layers(self) -> None:
        """Once and for all, instead of at every deployment."""
        for layer in self.template.parent.glob("*/"):
            shutil.make_archive(str(layer), "zip", layer)
        text = re.sub(
            r"(ContentUri: \w+)$", r"\1.zip", self.template.read_text(), flags=re.MULTILINE
        )
        self.template.write_text(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._sam:
            self._sam.stop()
        self._lock.release()


def for_local_cloud(text: str) -> str:
    """The template with hot reload, and without what LocalStack cannot update (aliases), does not
    heed (what outlives a stack), or nobody looks at (the dashboard). Raises ValueError where there
    is no code to reload.
    """
    location = json.dumps({"Bucket": "hot-reload", "Key": str(ROOT / "src")})
    text, replaced = _SOURCE.subn(lambda found: f"{found[1]} {location}", text)
    if not replaced:
        raise ValueError("the template has no line 'CodeUri: src/'")
    return _ALIAS.sub(r"!GetAtt \1.Arn", _ON_AWS_ONLY.sub("", text))


def _digest(template: str, platform: str) -> str:
    digest = hashlib.sha256(f"{platform}\n{template}".encode())
    for path in sorted(_REQUIREMENTS.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
