"""What a payment takes of AWS: calls, messages, and the functions' time, counted and billed."""

from collections.abc import Iterator, Mapping

from comparison.measured import Measured, Variant
from comparison.page.charts import Bar, bars, rounded_up
from comparison.page.figure import Badge, Chart, Figure, Section
from comparison.tables import table
from comparison.units import number

_SERVICES = {
    "dynamodb": "DynamoDB",
    "sqs": "SQS",
    "sns": "SNS",
    "events": "EventBridge",
    "ses": "SES",
    "execute-api": "API Gateway",
    "dsql": "Aurora DSQL",
}
_OTHER = "others"


def section(measured: Measured) -> Section:
    return Section(
        "effort",
        "What a payment takes",
        "Counted one payment at a time, the same in each: what AWS would be asked for. And how long"
        " functions ran for it here, at the lowest rate.",
        [_calls(measured), _messages(measured), _functions(measured)],
    )


def _calls(measured: Measured) -> Figure:
    by_service = {name: _by_service(variant) for name, variant in measured.variants.items()}
    used = [s for s in [*_SERVICES.values(), _OTHER] if any(s in c for c in by_service.values())]
    kinds = {service: f"s{number}" for number, service in enumerate(used)}
    rows = [
        Bar(
            name,
            number(sum(calls.values())),
            [(kinds[s], f"{s}: {number(calls[s])}", calls[s]) for s in used if s in calls],
        )
        for name, calls in by_service.items()
    ]
    operations = sorted({call for variant in measured.variants.values() for call in variant.calls})
    return Figure(
        id="calls",
        title="Calls of AWS services",
        badges=[Badge.COUNTED],
        charts=[Chart("Calls for one payment", bars(_title("Calls for one payment", rows), rows))],
        legend=[(kinds[service], service) for service in used],
        table=table(
            ["call", *measured.variants],
            (
                [call, *(_cell(variant.calls.get(call)) for variant in measured.variants.values())]
                for call in operations
            ),
        ),
    )


def _by_service(variant: Variant) -> dict[str, float]:
    found: dict[str, float] = {}
    for call, times in variant.calls.items():
        service = _SERVICES.get(call.partition(".")[0], _OTHER)
        found[service] = found.get(service, 0) + times
    return found


def _messages(measured: Measured) -> Figure:
    rows = []
    for name, variant in measured.variants.items():
        total = sum(variant.messages.values())
        rows.append(Bar(name, number(total), [("own", f"{number(total)} messages", total)]))
    queues = sorted({queue for each in measured.variants.values() for queue in each.messages})
    return Figure(
        id="messages",
        title="Messages through queues",
        badges=[Badge.COUNTED],
        charts=[
            Chart("Messages for one payment", bars(_title("Messages for one payment", rows), rows))
        ],
        says=["Those of pubsub-* include the fourth subscriber’s, Audit’s."],
        table=table(
            ["queue", *measured.variants],
            (
                [queue, *(_cell(each.messages.get(queue)) for each in measured.variants.values())]
                for queue in queues
            ),
        ),
    )


def _functions(measured: Measured) -> Figure:
    rows = []
    for name, variant in measured.variants.items():
        used = variant.functions.values()
        gb_seconds = sum(each.gb_seconds for each in used)
        low, high = (
            sum(end / 1000 * each.memory_mb / 1024 for end, each in ends)
            for ends in (
                [(each.billed_ms.low, each) for each in used],
                [(each.billed_ms.high, each) for each in used],
            )
        )
        parts = [("own", f"{number(gb_seconds)} GB-s", gb_seconds)]
        rows.append(Bar(name, f"{number(gb_seconds)} GB-s", parts, (low, high)))
    most = rounded_up(max(row.end for row in rows))
    return Figure(
        id="functions",
        title="The functions’ time",
        badges=[Badge.MEASURED],
        charts=[
            Chart(
                "GB-seconds billed for one payment",
                bars(_title("GB-seconds for one payment", rows), rows, most),
            )
        ],
        says=[
            f"As reported by the functions, median of {measured.rounds} rounds; the line reaches"
            " from the least of the rounds to the most. AWS’s processors are others: compare, do"
            " not predict."
        ],
        table=table(
            ["function", "variant", "invocations", "billed ms", "least to most", "MB", "GB-s"],
            _function_rows(measured),
        ),
    )


def _function_rows(measured: Measured) -> Iterator[list[str]]:
    for name, variant in measured.variants.items():
        for function, each in variant.functions.items():
            billed = each.billed_ms
            yield [
                function,
                name,
                number(each.invocations),
                number(billed.value),
                f"{number(billed.low)} to {number(billed.high)}",
                str(each.memory_mb),
                number(each.gb_seconds),
            ]


def totals(variant: Variant) -> Mapping[str, float]:
    """For one payment."""
    return {
        "calls": sum(variant.calls.values()),
        "messages": sum(variant.messages.values()),
        "GB-s": sum(each.gb_seconds for each in variant.functions.values()),
    }


def _title(what: str, rows: list[Bar]) -> str:
    return f"{what}: " + "; ".join(f"{row.name} {row.says}" for row in rows)


def _cell(value: float | None) -> str:
    return "" if not value else number(value)
