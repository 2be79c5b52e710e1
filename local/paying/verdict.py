"""Whether a run went as it must."""

from collections import Counter
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
    """A sentence for each store of a fresh stack that has not one effect a premium.

    A premium that failed is in the ledger: it was accepted, and a later step has failed.
    """
    outcomes = Counter(result.outcome for result in results)
    completed = outcomes[Outcome.COMPLETED]
    accepted = completed + outcomes[Outcome.FAILED]
    if effects.ledger_rows != accepted:
        yield f"{accepted} premiums are accepted, but the ledger has {effects.ledger_rows} rows"
    if effects.lead_updates != completed:
        yield f"{completed} premiums are completed, but leads have {effects.lead_updates} updates"
    if effects.mails is None:
        return
    if effects.mails.sent != completed:
        yield f"{completed} premiums are completed, but {effects.mails.sent} e-mails were sent"
    if effects.mails.noted != completed:
        yield f"{completed} premiums are completed, but {effects.mails.noted} e-mails are noted"
