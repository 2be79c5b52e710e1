"""What the variants cost: counts times list prices, as `make cost` has them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from comparison import cost
from comparison.cost import Line
from comparison.counts import Counts
from comparison.levers import LOST_WITH_HTTP, Levers
from comparison.page.charts import Bar, bars
from comparison.page.figure import Badge, Chart, Figure, Section, badges_of
from comparison.prices import Prices
from comparison.tables import Table, table
from comparison.units import usd

_GROUPS: Mapping[str, Sequence[str]] = {
    "API Gateway": ("API Gateway",),
    "Lambda": ("Lambda", "Schedules, runs", "Schedules, Lambda"),
    "queues and channel": ("SQS", "SNS", "EventBridge", "Empty queues"),
    "DynamoDB": ("DynamoDB", "Schedules, DynamoDB"),
    "Aurora DSQL": ("Aurora DSQL", "Schedules, Aurora DSQL"),
    "logs and traces": ("CloudWatch Logs", "X-Ray", "Schedules, logs"),
    "dashboard, alarms and metrics": ("Dashboard", "Alarms", "Metrics of our own"),
    "storage": ("Storage",),
}
_AS_IT_IS = Levers()
WHAT_IF: Mapping[str, Levers] = {
    "as it is: 1 poll, batches of 1, REST, arm64": _AS_IT_IS,
    "batches of 10": Levers(batch=10),
    "no polls": Levers(polls=0),
    "2 polls": Levers(polls=2),
    "5 polls": Levers(polls=5),
    "HTTP API": Levers(gateway="http"),
    "x86_64": Levers(architecture="x86_64"),
}


def section(counts: Counts, prices: Prices) -> Section:
    paid = {name: of_payments(name, counts, prices) for name in counts.variants}
    mails = prices["ses.mail"].of(cost.MILLION)
    idle = {n: cost.of_idle_month(n, counts, prices, Levers()) for n in counts.variants}
    return Section(
        "cost",
        "What it costs",
        f"Counts of a payment times AWS’s list prices in {prices.region}, in USD: no free tier, no"
        " discounts, no taxes. make cost has every line, other regions and other levers.",
        [
            _figure(
                "cost-payments",
                "A million payments",
                paid,
                (Badge.LISTED, *badges_of(counts, "payment", "poll")),
                [
                    f"Without Amazon SES: a mail for each is {usd(mails)} USD more, for every"
                    " variant but decouple, which has no Communication."
                ],
            ),
            _figure(
                "cost-idle",
                "A month without payments",
                idle,
                (Badge.LISTED, *badges_of(counts, "idle", "payment.tables")),
                ["With a million payments of a month before in the stores."],
            ),
            _what_if(counts, prices),
        ],
    )


def of_payments(
    name: str, counts: Counts, prices: Prices, levers: Levers = _AS_IT_IS
) -> list[Line]:
    """For a million, mails apart: they cost the same wherever they are sent."""
    lines = cost.of_payments(name, counts, prices, levers)
    return [line for line in lines if line.what != cost.MAILS]


def _figure(
    id: str,
    title: str,
    bills: Mapping[str, Sequence[Line]],
    badges: Sequence[Badge],
    says: Sequence[str],
) -> Figure:
    grouped = {name: _grouped(lines) for name, lines in bills.items()}
    used = [group for group in _GROUPS if any(group in groups for groups in grouped.values())]
    kinds = {group: f"s{number}" for number, group in enumerate(_GROUPS)}
    rows = [
        Bar(
            name,
            f"{usd(sum(groups.values()))} USD",
            [(kinds[g], f"{g}: {usd(groups[g])} USD", groups[g]) for g in used if g in groups],
        )
        for name, groups in grouped.items()
    ]
    return Figure(
        id=id,
        title=title,
        badges=badges,
        charts=[
            Chart(
                f"USD for {title.lower()}",
                bars(f"{title}: " + "; ".join(f"{r.name} {r.says}" for r in rows), rows),
            )
        ],
        legend=[(kinds[group], group) for group in used],
        says=says,
        table=table(["USD", *bills], _lines(bills)),
    )


def _grouped(lines: Iterable[Line]) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in lines:
        group = next(g for g, names in _GROUPS.items() if line.what.startswith(tuple(names)))
        if line.usd:
            found[group] = found.get(group, 0) + line.usd
    return found


def _lines(bills: Mapping[str, Sequence[Line]]) -> Iterator[list[str]]:
    for lines in zip(*bills.values(), strict=True):
        if any(line.quantity for line in lines):
            yield [lines[0].what, *(usd(line.usd) if line.quantity else "" for line in lines)]
    yield ["total", *(usd(cost.total(lines)) for lines in bills.values())]


def _what_if(counts: Counts, prices: Prices) -> Figure:
    return Figure(
        id="what-if",
        title="What if",
        badges=(Badge.LISTED, *badges_of(counts, "payment", "poll")),
        says=[
            "USD for a million payments, without mails. Batches form in a rush only; polls do not"
            " apply to apigw-*, whose answer has the outcome.",
            f"{LOST_WITH_HTTP}.",
        ],
        table=what_if(counts, prices),
        is_table_first=True,
    )


def what_if(counts: Counts, prices: Prices) -> Table:
    def totals(levers: Levers) -> Iterator[str]:
        for name in counts.variants:
            yield usd(cost.total(of_payments(name, counts, prices, levers)))

    head = ["what if", *counts.variants]
    return table(head, ([what, *totals(levers)] for what, levers in WHAT_IF.items()))
