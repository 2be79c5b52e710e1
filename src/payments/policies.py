"""Payments' view of the policies, and the periods that are taken, in a table of DynamoDB."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from contracts.events import PaymentDetails
from payment_requests.premiums import PeriodPaid, Policy
from runtime.dynamodb import NEW, TableTransaction, write

if TYPE_CHECKING:
    from runtime.dynamodb import Item


class PolicyView:
    """Items `POLICY#<id>` and `PERIOD#<policy id>#<period>`, the latter with the request that has
    paid it. They never expire: whoever repeats a payment after years is told that it is paid.
    """

    def __init__(self, transaction: TableTransaction) -> None:
        self._transaction = transaction

    def policy(self, policy_id: str) -> Policy | None:
        item = self._transaction.get(_policy_key(policy_id))
        return Policy.model_validate_json(item["policy"]["S"]) if item else None

    def take(self, payment: PaymentDetails) -> None:
        period: Item = {
            "pk": {"S": f"PERIOD#{payment.policy_id}#{payment.period}"},
            "requestId": {"S": str(payment.request_id)},
        }
        refusal = PeriodPaid(payment.policy_id, payment.period)
        self._transaction.put(period, NEW, otherwise=refusal)


def load(table: str, policies: Sequence[Policy]) -> None:
    """Adds the policies, or brings those that are known up to date."""
    items: list[Item] = [
        {
            "pk": {"S": _policy_key(policy.policy_id)},
            "policy": {"S": policy.model_dump_json()},
        }
        for policy in policies
    ]
    write(table, items)


def _policy_key(policy_id: str) -> str:
    return f"POLICY#{policy_id}"
