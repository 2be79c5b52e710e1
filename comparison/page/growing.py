"""What a fourth subscriber takes in each variant."""

from collections.abc import Mapping
from pathlib import Path

from comparison.measured import Template
from comparison.page.figure import Badge, Figure, Section
from comparison.tables import Table, table
from local.variants import VARIANTS

_CHANGES: Mapping[str, tuple[str, str, str]] = {
    # the code that changes; what the template gets; the section that such a service has there
    "decouple": (
        "Customer’s: it publishes to one destination, Sales’ queue, and has to learn a second",
        "a queue with its dead-letter queue, policy and alarms, a consumer, its role and its store",
        "Sales",
    ),
    "apigw-single": (
        "Payments’: one call more, whose time the client waits for and whose failure is Payments’"
        " to handle; one step more in its order",
        "a route in the one API, the right to call it, an address, a function, its role and its"
        " store",
        "Communication",
    ),
    "apigw-multiple": (
        "Payments’: the same call and step",
        "an API of its own with stage, throttle and logs, the right to call it, an address, a"
        " function, its role and its store",
        "Communication",
    ),
    "pubsub-sns": (
        "none: Payments does not know who hears",
        "two subscriptions, a queue with its dead-letter queue, policy and alarms, a consumer, its"
        " role and its store",
        "Audit",
    ),
    "pubsub-three-events": (
        "none, if one of the events has what it needs; a fourth event is a change of Payments",
        "two rules in place of the subscriptions, and the same",
        "Audit",
    ),
    "pubsub-one-event": (
        "none: a rule passes on its part of the one event",
        "two rules in place of the subscriptions, and the same",
        "Audit",
    ),
}


def section(templates: Mapping[str, Template]) -> Section:
    return Section(
        "growing",
        "What a fourth subscriber takes",
        "Publish/subscribe has one already: Audit came after the others, and not a line of Payments"
        " was changed for it. For the others it is told from their code.",
        [
            Figure(
                id="fourth",
                title="Code and template, by variant",
                badges=[Badge.DERIVED, Badge.COUNTED],
                says=[
                    "Lines are those of the section that a service of this kind has in the"
                    " template: Audit’s own with pubsub-*, where they hold all three channels; of"
                    " the service named with the others, where routes and rights to call come on"
                    " top.",
                    "A fourth step, for which a request waits, is one word more with pubsub-*: its"
                    " name in SUBSCRIBERS.",
                ],
                table=changes(templates),
                is_table_first=True,
            )
        ],
    )


def changes(templates: Mapping[str, Template]) -> Table:
    rows = []
    for name, (code, added, service) in _CHANGES.items():
        whole = templates.get(name)
        lines = section_lines(VARIANTS[name].template, service)
        of = f" of {whole.lines:,}" if whole else ""
        rows.append([name, code, added, f"about {lines}{of} (as {service})"])
    return table(["variant", "code that changes", "template gets", "lines of template"], rows)


def section_lines(template: Path, service: str) -> int:
    """Those from a comment that begins a service's section to the next such comment."""
    lines = template.read_text().splitlines()
    begin = next(n for n, text in enumerate(lines) if text.startswith(f"  # {service}: "))
    after = (n for n, text in enumerate(lines) if n > begin and _begins_a_section(lines, n))
    return next(after, len(lines)) - begin


def _begins_a_section(lines: list[str], number: int) -> bool:
    """A comment on the level of the resources, before which a line is empty."""
    is_comment = lines[number].startswith("  # ") and not lines[number - 1].strip()
    return is_comment or (not lines[number].startswith((" ", "#")) and bool(lines[number]))
