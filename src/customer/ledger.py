"""Policies and payments in Aurora, within a transaction that the caller runs."""

from collections.abc import Sequence

from psycopg import Connection

from contracts.base import Money
from customer.model import Payment, Policy


class AuroraLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def policy(self, policy_id: str) -> Policy | None:
        row = self._connection.execute(
            "SELECT customer_id, product, premium, currency FROM policies WHERE policy_id = %s",
            (policy_id,),
        ).fetchone()
        if row is None:
            return None
        customer_id, product, premium, currency = row
        return Policy(
            policy_id=policy_id,
            customer_id=customer_id,
            product=product,
            premium=Money(value=premium, currency=currency),
        )

    def record(self, payment: Payment) -> bool:
        recorded = self._connection.execute(
            "INSERT INTO payments (request_id, policy_id, period, amount, currency, paid_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (
                payment.request_id,
                payment.policy_id,
                payment.period,
                payment.amount.value,
                payment.amount.currency,
                payment.paid_at,
            ),
        )
        return recorded.rowcount == 1

    def add_policies(self, policies: Sequence[Policy]) -> None:
        """Adds the policies, or brings those that are known up to date."""
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO policies (policy_id, customer_id, product, premium, currency)"
                " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (policy_id) DO UPDATE SET"
                " customer_id = excluded.customer_id, product = excluded.product,"
                " premium = excluded.premium, currency = excluded.currency",
                [
                    (
                        p.policy_id,
                        p.customer_id,
                        p.product,
                        p.premium.value,
                        p.premium.currency,
                    )
                    for p in policies
                ],
            )
