"""Cold starts of every function, and what its module's import costs."""

from collections.abc import Iterator

from local.bench import cold_start, import_cost
from local.bench.figures import Figure


def measure(*, quick: bool) -> Iterator[Figure]:
    yield from cold_start.measure(quick=quick)
    yield from import_cost.measure(quick=quick)
