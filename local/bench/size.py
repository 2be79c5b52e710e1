"""The zip files that a deployment uploads."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from local.bench import packages
from local.bench.figures import Figure

_MIB = 1024 * 1024
_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
_TARGETS_MIB = {"ServicesLayer": 8.0}


def measure(*, quick: bool) -> Iterator[Figure]:
    del quick  # there is nothing to repeat
    with TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        for layer in packages.LAYERS:
            for architecture, platform in _PLATFORMS.items():
                built = packages.build_layer(layer, platform, folder / f"{layer}-{architecture}")
                yield Figure(
                    f"{layer}, {architecture}, zipped",
                    packages.zipped_bytes(built) / _MIB,
                    "MiB",
                    target=_TARGETS_MIB.get(layer),
                    note=f"{_bytes(built) / _MIB:.1f} MiB unzipped",
                )
        functions = packages.copy_functions(folder / "functions")
        packages.compile_functions(functions)
        yield Figure(
            "every function, zipped",
            packages.zipped_bytes(functions) / _MIB,
            "MiB",
            note=f"{_bytes(functions) / _MIB:.2f} MiB unzipped, byte code included",
        )


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
