"""Whether a run went as it must."""

from collections.abc import Collection, Iterable, Iterator

from local.paying.client import Outcome, Result
from local.paying.effects import Effects


def unexpected(results: Iterable[Result], payable: Collection[int] | None) -> Iterator[str]:
    """A sentence for each line that ended otherwise than it must.

    With the numbers of the lines that are payable, those must be completed and all others refused.
    Without (None), whatever was not refused must be completed.
    """
    for result in sorted(results, key=lambda result: result.line):
        if payable is None:
            is_due = result.outcome is not Outcome.REFUSED
        else:
            is_due = result.line in payable
        expected = Outcome.COMPLETED if is_due else Outcome.REFUSED
        if result.outcome is not expected:
            status = f" {result.status}" if result.status else ""
            yield (
                f"line {result.line} must be {expected}, but is {result.outcome}:"
                f"{status} {result.reason}".rstrip(" :")
            )


def unexpected_effects(results: Iterable[Result], effects: Effects) -> Iterator[str]:
    """A sentence for each store of a fresh stack that has not one effect a completed premium."""
    completed = sum(result.outcome is Outcome.COMPLETED for result in results)
    for rows, where in (
        (effects.ledger_rows, "rows in the ledger"),
        (effects.lead_updates, "updates of leads"),
    ):
        if rows != completed:
            yield f"{completed} premiums are completed, but there are {rows} {where}"
