"""Writes the page and the tables of docs/choosing.md from what is checked in."""

from comparison import choosing, counts, failures, guide, measured, page
from comparison.page.reasons import Evidence
from comparison.page.rushes import simulated
from comparison.prices import DEFAULT_REGION, Prices


def evidence() -> Evidence:
    """What has not been measured yet is left out."""
    return Evidence(
        counts.load(),
        Prices.of(DEFAULT_REGION),
        simulated(),
        measured.load() if measured.FILE.exists() else None,
        failures.load() if failures.FILE.exists() else None,
    )


def write() -> None:
    """The page needs a run of `make compare`; the tables say what was not measured yet."""
    found, asked = evidence(), guide.load()
    if found.measured is not None:
        page.FILE.write_text(page.rendered(found.measured, found, asked))
    choosing.write(found, asked)


if __name__ == "__main__":
    write()
