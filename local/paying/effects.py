"""What the services of a local stack have written, read from their stores."""

from dataclasses import dataclass

import psycopg

from local.cloud import Cloud
from local.stack import Stack


@dataclass(frozen=True)
class Effects:
    ledger_rows: int
    leads: int
    lead_updates: int
    """One for each payment that Sales has heard of."""


def read_effects(cloud: Cloud, stack: Stack) -> Effects:
    keys = _lead_keys(cloud, stack.outputs["LeadsTable"])
    return Effects(
        ledger_rows=_count_payments(cloud.create_database(stack.name)),
        leads=sum(key.startswith("CUSTOMER#") for key in keys),
        lead_updates=sum(key.startswith("REQUEST#") for key in keys),
    )


def _count_payments(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM payments").fetchone()
    return int(row[0]) if row else 0


def _lead_keys(cloud: Cloud, table: str) -> list[str]:
    pages = cloud.client("dynamodb").get_paginator("scan")
    return [
        item["pk"]["S"]
        for page in pages.paginate(TableName=table, ProjectionExpression="pk")
        for item in page["Items"]
    ]
