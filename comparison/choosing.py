"""Writes the tables of docs/choosing.md, which stand between comments that name them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from comparison import cost, guide
from comparison.guide import Guide
from comparison.levers import Levers
from comparison.page import effort, failing, growing, money, rushes, times
from comparison.page.reasons import Evidence
from comparison.simulation.bounds import first_refusing
from comparison.tables import markdown, table
from comparison.units import number, seconds, share, usd
from local.paths import ROOT
from local.variants import VARIANTS

FILE = ROOT / "docs" / "choosing.md"
_MARKED = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_NOT_YET = "Not measured yet: `make {command}` writes it.\n"


class NoSuchTable(Exception):
    """The text names a table that nobody makes."""


def write(evidence: Evidence, file: Path = FILE) -> None:
    file.write_text(rewritten(file.read_text(), evidence, guide.load()))


def rewritten(text: str, evidence: Evidence, asked: Guide) -> str:
    """The text with its tables made anew, and nothing else changed. Raises NoSuchTable."""

    def made(found: re.Match[str]) -> str:
        begin, name, end = found.groups()
        if name not in TABLES:
            raise NoSuchTable(name)
        return f"{begin}\n{TABLES[name](evidence, asked)}\n{end}"

    return _MARKED.sub(made, text)


def _cost(evidence: Evidence, asked: Guide) -> str:
    counts, prices = evidence.counts, evidence.prices
    idle = {n: cost.of_idle_month(n, counts, prices, Levers()) for n in counts.variants}
    rows = {
        "a million payments, without mails": [usd(evidence.usd(name)) for name in VARIANTS],
        "a month without payments": [usd(cost.total(idle[name])) for name in VARIANTS],
    }
    what_if = [row for row in money.what_if(counts, prices).rows if not row[0].startswith("as it")]
    whole = [[what, *cells] for what, cells in rows.items()]
    whole += [_prefixed(row) for row in what_if]
    return markdown(table(["USD", *_coded(VARIANTS)], whole))


def _coded(names: Iterable[str]) -> list[str]:
    return [f"`{name}`" for name in names]


def _prefixed(row: Sequence[str]) -> list[str]:
    return [f"a million, with {row[0]}", *row[1:]]


def _times(evidence: Evidence, asked: Guide) -> str:
    if evidence.measured is None:
        return _NOT_YET.format(command="compare")
    variants = evidence.measured.variants
    rates = sorted({load.offered for each in variants.values() for load in each.loads})
    head = [
        "p50",
        *(f"{what} at {number(rate)} a second" for rate in rates for what in times.WHAT),
    ]
    rows = (
        [
            f"`{name}`",
            *(
                times.between(found[name]) if name in found else "–"
                for rate in rates
                for found in (times.medians(evidence.measured, rate, what) for what in times.WHAT)
            ),
        ]
        for name, variant in variants.items()
    )
    ranked = (
        f"- {what.capitalize()}, at {number(rate)} a second: "
        f"{times.told(times.standings(times.medians(evidence.measured, rate, what)))}.\n"
        for what in times.WHAT
        for rate in rates
    )
    return f"{markdown(table(head, rows))}\n{''.join(ranked)}"


def _effort(evidence: Evidence, asked: Guide) -> str:
    if evidence.measured is None:
        return _NOT_YET.format(command="compare")
    variants = evidence.measured.variants
    rows = (
        [
            f"`{name}`",
            *(number(total) for total in effort.totals(variant).values()),
            f"{variant.template.lines:,}",
            str(variant.template.resources),
        ]
        for name, variant in variants.items()
    )
    head = ["variant", "calls of AWS", "messages", "GB-s", "lines of template", "resources"]
    return markdown(table(head, rows))


def _failure(evidence: Evidence, asked: Guide) -> str:
    failures = evidence.failures
    if failures is None:
        return _NOT_YET.format(command="chaos")
    shown = failing.first_shown(failures)

    def cells(name: str) -> Iterator[str]:
        for fault in shown.values():
            cell = failures.of(fault).get(name)
            told = f"{cell.errors} of {cell.requests}, {seconds(cell.healed_s)}" if cell else "–"
            yield told

    head = ["variant", *(f"{title.lower()} (`{fault}`)" for title, fault in shown.items())]
    return markdown(table(head, ([f"`{name}`", *cells(name)] for name in VARIANTS)))


def _simulation(evidence: Evidence, asked: Guide) -> str:
    def told(name: str) -> Iterator[str]:
        for outcome in evidence.rushes.outcomes[name]:
            refused = f"{share(outcome.refused_share)} refused, " if outcome.refused else ""
            yield f"{refused}{rushes.drained(outcome)}"

    head = ["payments a second", *evidence.rushes.columns]
    return markdown(table(head, ([f"`{name}`", *told(name)] for name in VARIANTS)))


def _limits(evidence: Evidence, asked: Guide) -> str:
    rows = []
    for name in VARIANTS:
        bounds = evidence.rushes.bounds[name]
        first, refusing = bounds[0], first_refusing(bounds)
        reached = f"{first.what}, at {number(first.rate)} a second: {first.then}"
        rows.append([f"`{name}`", reached, f"{number(refusing.rate)} a second: {refusing.what}"])
    return markdown(table(["variant", "reached first", "clients are refused from"], rows))


def _growing(evidence: Evidence, asked: Guide) -> str:
    measured = evidence.measured
    found = measured.variants.items() if measured else ()
    made = growing.changes({name: variant.template for name, variant in found})
    return markdown(table(made.head, ([f"`{name}`", *cells] for name, *cells in made.rows)))


def _criteria(evidence: Evidence, asked: Guide) -> str:
    titles = {pattern.name: pattern.title for pattern in asked.patterns}
    rows = []
    for criterion in asked.criteria:
        quotes = "<br>".join(f"“{q.text}” ({titles[q.pattern]})" for q in criterion.quotes)
        linked = criterion.source.removeprefix("docs/")
        said = quotes or f"this project’s: [{linked}]({linked})"
        answers = "<br>".join(
            f"{answer}: "
            + "; ".join(
                f"{word} {', '.join(f'`{name}`' for name in names)}"
                for word, names in (("for", effect.supports), ("against", effect.against))
                if names
            )
            for answer, effect in (("yes", criterion.yes), ("no", criterion.no))
            if effect.supports or effect.against
        )
        rows.append([criterion.question, said, answers])
    return markdown(table(["question", "asked by", "the answer speaks"], rows))


def _disadvantages(evidence: Evidence, asked: Guide) -> str:
    rows = (
        [
            f"[{pattern.title}]({pattern.url})",
            "<br>".join(
                f"“{each.text}”" if each.quoted else f"{each.text} ¹"
                for each in pattern.disadvantages
            ),
        ]
        for pattern in asked.patterns
    )
    return markdown(table(["pattern", "what the guide says against it"], rows))


TABLES: Mapping[str, Callable[[Evidence, Guide], str]] = {
    "cost": _cost,
    "times": _times,
    "effort": _effort,
    "failure": _failure,
    "simulation": _simulation,
    "limits": _limits,
    "growing": _growing,
    "criteria": _criteria,
    "disadvantages": _disadvantages,
}
