"""The comparison as one HTML file that needs no network: docs/comparison/index.html."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from comparison import guide
from comparison.counts import Counts
from comparison.failures import Failures
from comparison.measured import Measured
from comparison.page import asking, effort, failing, growing, money, rushes, times
from comparison.page.bundle import FOLDER, bundle
from comparison.page.diagrams import diagrams
from comparison.page.figure import MEANINGS, Section
from comparison.page.reasons import Evidence
from comparison.page.rushes import Rushes
from comparison.prices import Prices
from comparison.simulation import latencies
from local.paths import ROOT

FILE = ROOT / "docs" / "comparison" / "index.html"


def write(
    measured: Measured,
    counts: Counts,
    prices: Prices,
    failures: Failures | None = None,
    simulated: Rushes | None = None,
    file: Path = FILE,
) -> None:
    """`failures`: none until `make chaos` has run. `simulated`: where that is done already."""
    file.write_text(render(measured, counts, prices, failures, simulated))


def render(
    measured: Measured,
    counts: Counts,
    prices: Prices,
    failures: Failures | None = None,
    simulated: Rushes | None = None,
) -> str:
    """The same for the same: the simulation's chance is seeded."""
    simulated = simulated or rushes.simulated()
    evidence = Evidence(counts, prices, simulated, measured, failures)
    asked = guide.load()
    templates = {name: variant.template for name, variant in measured.variants.items()}
    sections: list[Section] = [
        times.section(measured, latencies.entries()),
        effort.section(measured),
        money.section(counts, prices),
        *([failing.section(failures)] if failures else []),
        rushes.section(simulated, measured),
        growing.section(templates),
    ]
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        run=measured,
        diagrams=diagrams(),
        sections=sections,
        guide=asked,
        documents=asking.DOCUMENTS,
        data=asking.data(asked, evidence),
        meanings=MEANINGS,
        broken=failures is not None,
        bundle=bundle(),
    )
