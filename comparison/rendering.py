"""Writes the page, and the tables of docs/choosing.md, from what is checked in.

`python -m comparison.rendering` does so after a change of the page's code or data.
"""

from comparison import choosing, counts, failures, measured, page
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
    """There is no page before `make compare` has measured; the tables say what is not there yet."""
    found = evidence()
    if found.measured is not None:
        page.write(found.measured, found.counts, found.prices, found.failures, found.rushes)
    choosing.write(found)


if __name__ == "__main__":
    write()
