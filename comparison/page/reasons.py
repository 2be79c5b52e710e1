"""What the chooser says for a variant: the figures of the run."""

from collections.abc import Iterator
from dataclasses import dataclass

from comparison import cost
from comparison.counts import Counts
from comparison.failures import Failures
from comparison.levers import Levers
from comparison.measured import Measured
from comparison.page import effort, failing, money, times
from comparison.page.figure import Badge, badges_of
from comparison.page.rushes import Rushes
from comparison.prices import Prices
from comparison.simulation.bounds import first_refusing
from comparison.units import number, seconds, usd


@dataclass(frozen=True)
class Reason:
    what: str
    says: str
    badges: tuple[Badge, ...]


@dataclass(frozen=True)
class Evidence:
    """All that is known of the variants; None: not yet measured."""

    counts: Counts
    prices: Prices
    rushes: Rushes
    measured: Measured | None = None
    failures: Failures | None = None

    def usd(self, name: str) -> float:
        """For a million payments, without mails: the order of those that fit equally."""
        return cost.total(money.of_payments(name, self.counts, self.prices))

    def reasons(self, name: str) -> list[Reason]:
        return [
            *self._times(name),
            *self._cost(name),
            *self._failures(name),
            *self._limits(name),
        ]

    def _times(self, name: str) -> Iterator[Reason]:
        if self.measured is None or name not in self.measured.variants:
            return
        variant = self.measured.variants[name]
        load = variant.loads[0]
        at = f"at {number(load.offered)} a second, half of them"
        yield Reason(f"answered, {at}", times.between(load.answered.p50), (Badge.MEASURED,))
        yield Reason(f"all done, {at}", times.between(load.done.p50), (Badge.MEASURED,))
        totals = effort.totals(variant)
        says = f"{number(totals['calls'])} calls of AWS, {number(totals['messages'])} messages"
        yield Reason("a payment takes", says, (Badge.COUNTED,))

    def _cost(self, name: str) -> Iterator[Reason]:
        badges = (Badge.LISTED, *badges_of(self.counts, "payment", "poll"))
        yield Reason("a million payments, without mails", f"{usd(self.usd(name))} USD", badges)
        idle = cost.total(cost.of_idle_month(name, self.counts, self.prices, Levers()))
        badges = (Badge.LISTED, *badges_of(self.counts, "idle"))
        yield Reason("a month without payments", f"{usd(idle)} USD", badges)

    def _failures(self, name: str) -> Iterator[Reason]:
        if self.failures is None:
            return
        for title, fault in failing.first_shown(self.failures).items():
            if cell := self.failures.of(fault).get(name):
                errors = f"{cell.errors} of {cell.requests} answers were errors"
                says = f"{errors}, healed after {seconds(cell.healed_s)}"
                yield Reason(f"{title} ({fault})", says, (Badge.COUNTED, Badge.MEASURED))

    def _limits(self, name: str) -> Iterator[Reason]:
        bounds = self.rushes.bounds[name]
        first, refusing = bounds[0], first_refusing(bounds)
        yield Reason(
            "reached first",
            f"{first.what}, at {number(first.rate)} payments a second: {first.then}",
            (Badge.SIMULATED,),
        )
        yield Reason(
            "clients are refused from",
            f"{number(refusing.rate)} payments a second ({refusing.what})",
            (Badge.SIMULATED,),
        )
