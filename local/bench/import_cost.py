"""What the import of each function's module costs, with the shipped byte code and without."""

import os
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from local.bench import packages, world
from local.bench.figures import Figure, NotMeasured, repetitions
from local.paths import LAMBDA_PYTHON, ROOT
from local.variants import VARIANTS

_IMPORTS = 10
_TARGET = 0.35
_ONE_OF_EACH_TEMPLATE = {variant.template: variant for variant in VARIANTS.values()}.values()
_PROGRAM = Path(__file__).with_name("import_cpu.py")


@dataclass(frozen=True)
class Module:
    name: str
    layer: str


def measure(*, quick: bool) -> Iterator[Figure]:
    builds = [world.built(variant) for variant in _ONE_OF_EACH_TEMPLATE]
    modules = {
        module.name: module
        for built in builds
        for module in function_modules(
            yaml.safe_load((built / "template.yaml").read_text())
        ).values()
    }
    built = builds[0]  # the layers are the same
    with TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        sources = packages.copy_functions(folder / "plain")
        shipped = packages.copy_functions(folder / "shipped")
        packages.compile_functions(shipped)
        layers = {module.layer for module in modules.values()}
        variants = {
            "shipped": {layer: (built / layer / "python", shipped) for layer in layers},
            "plain": {
                layer: (packages.install_sources(layer, folder / layer), sources)
                for layer in layers
            },
        }
        yield from _compare(modules, variants, repetitions(_IMPORTS, quick=quick))


def function_modules(template: Mapping[str, Any]) -> Mapping[str, Module]:
    """What each function of a SAM template is imported from, and its one layer, by logical id."""
    defaults = template["Globals"]["Function"]
    functions = {
        logical_id: defaults | resource["Properties"]
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    return {
        logical_id: Module(function["Handler"].rpartition(".")[0], function["Layers"][0]["Ref"])
        for logical_id, function in functions.items()
    }


def _compare(
    modules: Mapping[str, Module],
    variants: Mapping[str, Mapping[str, tuple[Path, ...]]],
    times: int,
) -> Iterator[Figure]:
    for module in modules.values():
        measured: defaultdict[str, list[float]] = defaultdict(list)
        for _ in range(times):
            for variant, paths in variants.items():  # in turn, so that both meet the same machine
                measured[variant].append(_import(module.name, paths[module.layer]))
        yield Figure(
            f"import CPU, {module.name}",
            median(measured["shipped"]) / median(measured["plain"]),
            target=_TARGET,
            beside={"shipped ms": measured["shipped"], "plain ms": measured["plain"]},
        )


def _import(module: str, paths: tuple[Path, ...]) -> float:
    child = subprocess.run(
        [LAMBDA_PYTHON, "-P", _PROGRAM, module],
        cwd=ROOT,
        env={
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_DEFAULT_REGION": "us-east-1",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    if child.returncode:
        raise NotMeasured(f"the import of {module} failed:\n{child.stderr}")
    return float(child.stdout)
