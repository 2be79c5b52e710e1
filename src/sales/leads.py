"""Leads in DynamoDB, each effect's mark beside them."""

from typing import TYPE_CHECKING
from uuid import UUID

from runtime import aws
from sales.model import Lead, LeadChanged

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef


class LeadsTable:
    """One table: items `CUSTOMER#<id>` are leads, items `REQUEST#<id>` marks that expire.

    Every method raises Unavailable when DynamoDB does not answer.
    """

    def __init__(self, name: str, mark_retention_days: int) -> None:
        self._name = name
        self._mark_retention_days = mark_retention_days

    @aws.answering("DynamoDB")
    def find(self, customer_id: str) -> Lead | None:
        answer = aws.dynamodb().get_item(
            TableName=self._name,
            Key={"pk": {"S": f"CUSTOMER#{customer_id}"}},
            ConsistentRead=True,
        )
        item = answer.get("Item")
        if item is None:
            return None
        return Lead(
            customer_id,
            products=frozenset(item["products"]["SS"]),
            payments=int(item["payments"]["N"]),
            last_period=item["lastPeriod"]["S"],
        )

    @aws.answering("DynamoDB")
    def save(self, lead: Lead, request_id: UUID) -> None:
        """Raises LeadChanged."""
        dynamodb = aws.dynamodb()
        mark = {
            "pk": {"S": f"REQUEST#{request_id}"},
            "expiresAt": aws.expires_in(self._mark_retention_days),
        }
        item: dict[str, AttributeValueTypeDef] = {
            "pk": {"S": f"CUSTOMER#{lead.customer_id}"},
            "products": {"SS": sorted(lead.products)},
            "payments": {"N": str(lead.payments)},
            "lastPeriod": {"S": lead.last_period},
            **({"nextOffer": {"S": lead.next_offer}} if lead.next_offer else {}),
        }
        try:
            dynamodb.transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": self._name,
                            "Item": mark,
                            "ConditionExpression": "attribute_not_exists(pk)",
                        }
                    },
                    {
                        "Put": {
                            "TableName": self._name,
                            "Item": item,
                            # Every effect counts one payment: the count is the lead's version.
                            "ConditionExpression": "attribute_not_exists(pk) OR payments = :before",
                            "ExpressionAttributeValues": {":before": {"N": str(lead.payments - 1)}},
                        }
                    },
                ]
            )
        except dynamodb.exceptions.TransactionCanceledException as cancelled:
            mark_reason, _ = cancelled.response["CancellationReasons"]
            if mark_reason["Code"] != "ConditionalCheckFailed":
                raise LeadChanged(f"lead of request {request_id} changed meanwhile") from cancelled
