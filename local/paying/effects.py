"""What the services of a local stack have written and sent, read from their stores."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import urllib3

from local.cloud import Cloud
from local.stack import Stack


@dataclass(frozen=True)
class Mails:
    """Of Communication."""

    noted: int
    """As sent, in its table."""
    sent: int
    """As SES has them."""


@dataclass(frozen=True)
class Effects:
    ledger_rows: int
    leads: int
    lead_updates: int
    """One for each payment that Sales has heard of."""
    mails: Mails | None = None
    """None where the variant has no Communication."""


def read_effects(cloud: Cloud, stack: Stack) -> Effects:
    leads = [item["pk"]["S"] for item in _items(cloud, stack.outputs["LeadsTable"], "pk")]
    return Effects(
        ledger_rows=_count_payments(cloud.create_database(stack.name)),
        leads=sum(key.startswith("CUSTOMER#") for key in leads),
        lead_updates=sum(key.startswith("REQUEST#") for key in leads),
        mails=_read_mails(cloud, stack) if "ConfirmationsTable" in stack.outputs else None,
    )


def sent_mails(cloud: Cloud, sender: str) -> list[dict[str, Any]]:
    """What LocalStack's SES has taken from this sender.

    https://docs.localstack.cloud/aws/services/ses/
    """
    answer = urllib3.request(
        "GET",
        f"{cloud.endpoint}/_aws/ses",
        fields={"email": sender},
        # It fails when it takes a mail in the middle of that.
        retries=urllib3.Retry(10, status_forcelist=[500], backoff_factor=0.01),
    )
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return messages


def _count_payments(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM payments").fetchone()
    return int(row[0]) if row else 0


def _read_mails(cloud: Cloud, stack: Stack) -> Mails:
    confirmations = _items(cloud, stack.outputs["ConfirmationsTable"], "sentAt")
    return Mails(
        noted=sum("sentAt" in item for item in confirmations),
        sent=len(sent_mails(cloud, stack.sender)),
    )


def _items(cloud: Cloud, table: str, attribute: str) -> Iterator[dict[str, Any]]:
    """All items of the table, with this attribute alone."""
    pages = cloud.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=table, ProjectionExpression=attribute):
        yield from page["Items"]
