"""What the services have done for some payments, read from their stores."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.paying.effects import sent_mails
from tests.chaos.stream import Payment
from tests.chaos.world import World


@dataclass(frozen=True)
class Counts:
    """Of one effect: payments for which it is missing, and how often it is there once too often."""

    lost: int
    doubled: int
    excused: int = 0
    """How many of those that are doubled nobody could have known of."""


def effects(world: World, payments: Sequence[Payment]) -> Mapping[str, Counts]:
    counts = {"ledger": _ledger(world, payments), "leads": _leads(world, payments)}
    if "ConfirmationsTable" in world.stack.outputs:
        counts["mails"] = _mails(world, payments)
    return counts


def _ledger(world: World, payments: Sequence[Payment]) -> Counts:
    rows = world.backstage.sql(
        "SELECT request_id, policy_id FROM payments WHERE policy_id = ANY(%s)",
        [payment.policy_id for payment in payments],
    )
    requests = {row["request_id"] for row in rows}
    return Counts(
        lost=sum(payment.id not in requests for payment in payments),
        doubled=len(rows) - len({row["policy_id"] for row in rows}),
    )


def _leads(world: World, payments: Sequence[Payment]) -> Counts:
    items = {item["pk"]["S"]: item for item in scanned(world, "LeadsTable")}
    marked = [payment for payment in payments if f"REQUEST#{payment.id}" in items]
    heard = Counter(payment.customer.id for payment in marked)
    counted = {
        customer: int(items.get(f"CUSTOMER#{customer}", {"payments": {"N": "0"}})["payments"]["N"])
        for customer in {payment.customer.id for payment in payments}
    }
    return Counts(
        lost=len(payments) - len(marked) + sum((heard - Counter(counted)).values()),
        doubled=sum((Counter(counted) - heard).values()),
    )


# Between SES's acceptance and the note of it lies no transaction: a mail is sent again when the one
# that has sent it died in between, or did not hear of it in time.
def _mails(world: World, payments: Sequence[Payment]) -> Counts:
    sent = Counter(
        address
        for mail in sent_mails(world.cloud, world.stack.sender)
        for address in mail["Destination"]["ToAddresses"]
    )
    times = {payment.key: sent[payment.email] for payment in payments}
    again = {payment.key: times[payment.key] - 1 for payment in payments if times[payment.key] > 1}
    log = world.aws.mails
    unnoted = [p for p in payments if not log.is_sent_again(p.email, str(p.id))]
    return Counts(
        lost=sum(not number for number in times.values()),
        doubled=sum(again.values()),
        excused=sum(again.get(payment.key, 0) for payment in unnoted),
    )


def left_in_outbox(world: World) -> int:
    """Events that are still to be published, or requests that are still to be resumed."""
    match world.family:
        case "decouple":
            (row,) = world.backstage.sql("SELECT count(*) AS number FROM outbox")
            return int(row["number"])
        case "pubsub":
            keys = (item["pk"]["S"] for item in scanned(world, "RequestsTable"))
            return sum(key.startswith("OUTBOX#") for key in keys)
        case _:
            return sum("openShard" in item for item in scanned(world, "OrdersTable"))


def scanned(world: World, table: str) -> Iterator[dict[str, Any]]:
    pages = world.cloud.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=world.stack.outputs[table]):
        yield from page["Items"]


def depths(world: World) -> dict[str, int]:
    """How many messages are in each queue that has some: waiting, in flight or to come back."""
    sqs = world.cloud.client("sqs")
    found = {
        name: sum(
            map(
                int,
                sqs.get_queue_attributes(
                    QueueUrl=url,
                    AttributeNames=[
                        "ApproximateNumberOfMessages",
                        "ApproximateNumberOfMessagesNotVisible",
                        "ApproximateNumberOfMessagesDelayed",
                    ],
                )["Attributes"].values(),
            )
        )
        for name, url in world.queues().items()
    }
    return {name: depth for name, depth in found.items() if depth}
