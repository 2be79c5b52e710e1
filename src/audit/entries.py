"""Events in DynamoDB, one item each, which are added and never changed."""

from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import UUID

from audit.model import KeptEvent
from runtime import aws

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef


class AuditTable:
    """Items `<event id>` under `REQUEST#<id>`: the event as JSON.

    Every method raises Unavailable when DynamoDB does not answer.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    @aws.answering("DynamoDB")
    def add(self, event: KeptEvent) -> None:
        """Nothing happens where the event is there already."""
        dynamodb = aws.dynamodb()
        with suppress(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.put_item(
                TableName=self._name,
                Item={
                    "pk": _request(event.data.request_id),
                    "sk": {"S": str(event.id)},
                    "event": {"S": event.model_dump_json()},
                },
                ConditionExpression="attribute_not_exists(pk)",
            )

    @aws.answering("DynamoDB")
    def of_request(self, request_id: UUID) -> list[KeptEvent]:
        pages = (
            aws.dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self._name,
                ConsistentRead=True,
                KeyConditionExpression="pk = :request",
                ExpressionAttributeValues={":request": _request(request_id)},
            )
        )
        return [
            KeptEvent.model_validate_json(item["event"]["S"])
            for page in pages
            for item in page["Items"]
        ]


def _request(request_id: UUID) -> "AttributeValueTypeDef":
    return {"S": f"REQUEST#{request_id}"}
