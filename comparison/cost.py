"""Counts times list prices: what a million payments cost, and what a month without any."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from comparison.counts import Counts, Idle, Variant, Work
from comparison.levers import Levers, per_payment
from comparison.prices import Price, Prices

MILLION = 1_000_000
MAILS = "SES"
_GB = 1_000_000_000
_MONTH_S = 730 * 3600
_TRACED = 0.05
"""X-Ray's default rule: the first request of each second, and this part of the others.
https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
"""
_ARCHIVE_MONTHS = 14 / 30
"""`ArchiveDays` of the template."""
_RECEIVE = "sqs.standard_request"


@dataclass(frozen=True)
class Line:
    what: str
    quantity: float
    unit: str
    price: Price

    @property
    def usd(self) -> float:
        return self.price.of(self.quantity)


def of_payments(name: str, counts: Counts, prices: Prices, levers: Levers) -> list[Line]:
    """For a million payments, what costs nothing included."""
    works = per_payment(counts.variants[name], levers)

    def total(of: Callable[[Work], float]) -> float:
        return MILLION * sum(times * of(work) for times, work in works)

    def line(what: str, of: Callable[[Work], float], unit: str, price: str) -> Line:
        return Line(what, total(of), unit, prices[price])

    runtime = counts.runtime_log_bytes
    return [
        line(
            f"API Gateway, {levers.gateway.upper()}",
            lambda work: work.gateway_requests,
            "requests",
            f"api_gateway.{levers.gateway}_request",
        ),
        line("Lambda, requests", _invocations, "invocations", "lambda.request"),
        line(
            f"Lambda, {levers.architecture}",
            _gb_seconds,
            "GB-s",
            f"lambda.gb_second_{levers.architecture}",
        ),
        line("SQS", lambda work: _queue_requests(work, levers), "requests", "sqs.standard_request"),
        line("SNS", lambda work: work.published.get("sns", 0), "messages", "sns.standard_publish"),
        line(
            "EventBridge",
            lambda work: work.published.get("eventbridge", 0),
            "events",
            "eventbridge.custom_event",
        ),
        line(
            "EventBridge, archived",
            lambda work: work.archived_bytes / _GB,
            "GB",
            "eventbridge.archived_gb",
        ),
        line("DynamoDB, writes", _write_units, "units", "dynamodb.write_unit"),
        line("DynamoDB, reads", _read_units, "units", "dynamodb.read_unit"),
        line("Aurora DSQL", _dpu, "DPU", "dsql.dpu"),
        line(MAILS, lambda work: work.mails, "mails", "ses.mail"),
        line(
            "CloudWatch Logs",
            lambda work: (work.log_bytes + _invocations(work) * runtime) / _GB,
            "GB",
            "cloudwatch.log_gb",
        ),
        _traces(total(_begun_traces) / MILLION, prices, levers),
    ]


def of_idle_month(name: str, counts: Counts, prices: Prices, levers: Levers) -> list[Line]:
    """Without a payment, but with those of a month before in the stores."""
    variant = counts.variants[name]
    idle = variant.idle
    runs = idle.runs.values()
    invocations = sum(run.per_month for run in runs)
    gb_seconds = sum(r.per_month * r.billed_ms / 1000 * r.memory_mb / 1024 for r in runs)
    architecture = f"lambda.gb_second_{levers.architecture}"
    logged = invocations * counts.runtime_log_bytes / _GB
    return [
        Line("Dashboard", idle.dashboards, "", prices["cloudwatch.dashboard_month"]),
        Line("Alarms", idle.alarm_metrics, "metrics", prices["cloudwatch.alarm_metric_month"]),
        Line("Metrics of our own", idle.metrics, "metrics", prices["cloudwatch.metric_month"]),
        Line("Schedules, runs", invocations, "invocations", prices["lambda.request"]),
        Line("Schedules, Lambda", gb_seconds, "GB-s", prices[architecture]),
        Line("Schedules, logs", logged, "GB", prices["cloudwatch.log_gb"]),
        *_scheduled_reads(idle, prices),
        Line("Empty queues", sum(idle.empty_receives.values()), "requests", prices[_RECEIVE]),
        *_storage(variant, prices, levers),
    ]


def _scheduled_reads(idle: Idle, prices: Prices) -> Iterator[Line]:
    runs = idle.runs.values()
    reads = sum(run.per_month * run.read_units for run in runs)
    dpu = sum(run.per_month * run.dpu for run in runs)
    yield Line("Schedules, DynamoDB", reads, "units", prices["dynamodb.read_unit"])
    yield Line("Schedules, Aurora DSQL", dpu, "DPU", prices["dsql.dpu"])


def _storage(variant: Variant, prices: Prices, levers: Levers) -> Iterator[Line]:
    """Of a month's payments; logs apart, which are kept for as short as is wished."""
    work = variant.payment
    items = sum(table.stored_bytes for table in work.tables.values()) * levers.payments / _GB
    rows = (work.database.stored_bytes if work.database else 0) * levers.payments / _GB
    archived = work.archived_bytes * levers.payments / _GB * _ARCHIVE_MONTHS
    yield Line("Storage, DynamoDB", items, "GB", prices["dynamodb.storage_gb_month"])
    yield Line("Storage, recovery", items, "GB", prices["dynamodb.recovery_gb_month"])
    yield Line("Storage, Aurora DSQL", rows, "GB", prices["dsql.storage_gb_month"])
    yield Line("Storage, archive", archived, "GB", prices["eventbridge.archive_gb_month"])


def _invocations(work: Work) -> float:
    return sum(each.invocations for each in work.functions.values())


def _gb_seconds(work: Work) -> float:
    return sum(each.gb_seconds for each in work.functions.values())


def _queue_requests(work: Work, levers: Levers) -> float:
    """A message is sent by itself, and received and deleted with its batch."""
    messages = sum(work.queues.values())
    return messages + 2 * messages / levers.batch


def _write_units(work: Work) -> float:
    return sum(t.write_units + 2 * t.transactional_writes for t in work.tables.values())


def _read_units(work: Work) -> float:
    return sum(table.read_units for table in work.tables.values())


def _dpu(work: Work) -> float:
    return work.database.dpu if work.database else 0


def _begun_traces(work: Work) -> float:
    """The functions hand no trace on: each request to a gateway and each batch begins one."""
    batches = sum(each.invocations for each in work.functions.values() if each.queue)
    return work.gateway_requests + batches


def _traces(begun: float, prices: Prices, levers: Levers) -> Line:
    """At most: for payments that come evenly over the month."""
    in_month = begun * levers.payments
    first = min(in_month, _MONTH_S)
    recorded = first + _TRACED * (in_month - first)
    scaled = recorded * MILLION / levers.payments
    return Line("X-Ray, at most", scaled, "traces", prices["xray.trace"])


def total(lines: Iterable[Line]) -> float:
    return sum(line.usd for line in lines)
