"""Puts what was counted into docs/comparison/counts.json, beside what is derived and assumed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comparison import durations
from comparison.counts import FILE, Counts, Function, How, Obtained, Variant, Work
from comparison.measuring.counting import TIMES, Counted
from comparison.simulation.latencies import Latencies

_COUNTED = Obtained(
    how=How.COUNTED, source=f"make compare: the same in each of {TIMES}, one at a time"
)
_FUNCTIONS = Obtained(
    how=How.DERIVED,
    source="invocations: counted by make compare; milliseconds: published latencies of the calls"
    " that each makes (comparison/durations.py); the authorizer's 5 ms are assumed",
)
_CHANNELS = {"sns": "sns", "events": "eventbridge"}


@dataclass(frozen=True)
class Seen:
    """Of a variant."""

    payment: Counted
    poll: Counted | None


def with_counted(counts: Counts, seen: Mapping[str, Seen], latencies: Latencies) -> Counts:
    """The same with these counts in the place of earlier ones."""
    variants = {
        name: _variant(name, variant, seen[name], latencies) if name in seen else variant
        for name, variant in counts.variants.items()
    }
    return counts.model_copy(update={"variants": variants})


def write(counts: Counts, file: Path = FILE) -> None:
    data = counts.model_dump(by_alias=True, exclude_unset=True, mode="json")
    file.write_text(json.dumps(_plain(data), indent=2, ensure_ascii=False) + "\n")


def _variant(name: str, variant: Variant, seen: Seen, latencies: Latencies) -> Variant:
    took = durations.of_payment(name, latencies)
    payment, fields = _work(variant.payment, seen.payment, took)
    obtained = {**variant.obtained, **{f"payment.{field}": how for field, how in fields.items()}}
    update: dict[str, Any] = {"payment": payment, "obtained": obtained}
    if seen.poll and variant.poll:
        took = {each: durations.of_poll(each, latencies) for each in variant.poll.functions}
        update["poll"], fields = _work(variant.poll, seen.poll, took)
        obtained |= {f"poll.{field}": how for field, how in fields.items()}
    return variant.model_copy(update=update)


def _work(
    work: Work, counted: Counted, took: Mapping[str, float]
) -> tuple[Work, Mapping[str, Obtained]]:
    """And how each field was obtained that is new."""
    functions = {
        name: Function(
            invocations=times,
            billed_ms=times * took[name],
            memory_mb=work.functions[name].memory_mb,
            **({"queue": counted.queue_of[name]} if name in counted.queue_of else {}),
        )
        for name in work.functions
        if (times := counted.invocations.get(name))
    }
    found: dict[str, Any] = {
        "gateway_requests": counted.gateway_requests,
        "queues": counted.messages,
        "published": _published(counted),
        "calls": counted.calls,
        "mails": counted.calls.get("ses.SendEmail", 0),
    }
    new = {field: value for field, value in found.items() if value}
    aliases = {field: str(Work.model_fields[field].alias) for field in new}
    obtained = dict.fromkeys(aliases.values(), _COUNTED) | {"functions": _FUNCTIONS}
    return work.model_copy(update=new | {"functions": functions}), obtained


def _published(counted: Counted) -> Mapping[str, float]:
    """Messages or events to the channel: Audit hears all."""
    channels = {
        _CHANNELS[service] for call in counted.calls if (service := _service(call)) in _CHANNELS
    }
    return dict.fromkeys(channels, counted.messages.get("AuditQueue", 0))


def _service(call: str) -> str:
    return call.partition(".")[0]


def _plain(value: Any) -> Any:
    """Whole numbers without a fraction."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case float() if value.is_integer():
            return int(value)
    return value
