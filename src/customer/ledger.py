"""Policies and payments in Aurora, within a transaction that the caller runs."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from psycopg import Connection

from contracts.base import Money
from contracts.events import PaymentDetails
from customer.model import Payment
from payment_requests.premiums import Policy


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
        details = payment.details
        recorded = self._connection.execute(
            "INSERT INTO payments (request_id, policy_id, customer_id, product, period, amount,"
            " currency, paid_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (
                details.request_id,
                details.policy_id,
                details.customer_id,
                details.product,
                details.period,
                details.amount.value,
                details.amount.currency,
                payment.paid_at,
            ),
        )
        return recorded.rowcount == 1

    def payment(self, request_id: UUID) -> Payment | None:
        row = self._connection.execute(
            "SELECT request_id, policy_id, customer_id, product, period, amount, currency, paid_at"
            " FROM payments WHERE request_id = %s",
            (request_id,),
        ).fetchone()
        return _payment(*row) if row else None

    def policies_of(self, customer_id: str) -> list[Policy]:
        rows = self._connection.execute(
            "SELECT policy_id, product, premium, currency FROM policies"
            " WHERE customer_id = %s ORDER BY policy_id",
            (customer_id,),
        )
        return [
            Policy(
                policy_id=policy_id,
                customer_id=customer_id,
                product=product,
                premium=Money(value=premium, currency=currency),
            )
            for policy_id, product, premium, currency in rows
        ]

    def payments_of(self, customer_id: str, limit: int) -> list[Payment]:
        rows = self._connection.execute(
            "SELECT request_id, policy_id, customer_id, product, period, amount, currency, paid_at"
            " FROM payments WHERE customer_id = %s ORDER BY paid_at DESC, request_id LIMIT %s",
            (customer_id, limit),
        )
        return [_payment(*row) for row in rows]

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


def _payment(
    request_id: UUID,
    policy_id: str,
    customer_id: str,
    product: str,
    period: str,
    amount: Decimal,
    currency: str,
    paid_at: datetime,
) -> Payment:
    details = PaymentDetails(
        request_id=request_id,
        policy_id=policy_id,
        customer_id=customer_id,
        product=product,
        period=period,
        amount=Money(value=amount, currency=currency),
    )
    return Payment(details, paid_at)
