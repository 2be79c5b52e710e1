"""What goes to AWS, made as `make build` makes it."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from local.bench.figures import NotMeasured
from local.paths import LAMBDA_PYTHON, ROOT, STATE

LAYERS = {"ServicesLayer": "layer.txt", "AuthorizerLayer": "authorizer.txt"}
_REQUIREMENTS = ROOT / "requirements"
_UV = STATE / "env" / "uv" / "bin" / "uv"


def copy_functions(folder: Path) -> Path:
    """The functions' sources alone."""
    shutil.copytree(ROOT / "src", folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    return folder


def compile_functions(folder: Path) -> None:
    """Puts byte code beside the sources, as the Makefile's `build` does."""
    _run(
        [
            *(LAMBDA_PYTHON, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
            *("-s", folder, "-p", "/var/task", folder),
        ]
    )


def build_layer(layer: str, platform: str, folder: Path) -> Path:
    folder.mkdir(parents=True)
    _run(
        [
            *("make", "--silent", "--directory", _REQUIREMENTS, f"build-{layer}"),
            *(f"ARTIFACTS_DIR={folder}", f"LAYER_PLATFORM={platform}"),
        ]
    )
    return folder


def install_sources(layer: str, folder: Path) -> Path:
    """The layer's requirements for this machine, without byte code."""
    _run(
        [
            *(_UV, "pip", "install", "--quiet", "--no-config", "--no-compile-bytecode"),
            *("--link-mode", "copy", "--only-binary", ":all:", "--no-deps", "--require-hashes"),
            *("--python", LAMBDA_PYTHON, "--target", folder, "-r", _REQUIREMENTS / LAYERS[layer]),
        ]
    )
    return folder


def zipped_bytes(folder: Path) -> int:
    """The size of the folder's zip file, compressed as SAM does."""
    archive = folder.with_suffix(".zip")
    with ZipFile(archive, "w", ZIP_DEFLATED) as zipped:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                zipped.write(path, path.relative_to(folder))
    return archive.stat().st_size


def _run(command: Sequence[str | Path]) -> None:
    # The variables of the make that runs the bench are not those of the layers' Makefile.
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode:
        shown = " ".join(map(str, command[:4]))
        raise NotMeasured(f"{shown} ... failed:\n{done.stderr or done.stdout}")
