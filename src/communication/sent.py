"""What was sent, in DynamoDB; no name, no address, no text."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast
from uuid import UUID

from communication.model import BeingSent, Claim, Progress
from contracts.internal import SentConfirmation
from runtime import aws

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

    type Item = dict[str, AttributeValueTypeDef]

LEASE = timedelta(seconds=45)
"""How long a claim holds if nothing else is said: longer than any function that sends may run."""

_PREFIX = "REQUEST#"


class SentTable:
    """Items `REQUEST#<id>` under `CUSTOMER#<id>`, with one of `leaseUntil`, `sentAt` and
    `refusedAt`; all expire.

    Every method raises Unavailable when DynamoDB does not answer.
    """

    def __init__(self, name: str, mark_retention_days: int, lease: timedelta = LEASE) -> None:
        self._name = name
        self._mark_retention = timedelta(days=mark_retention_days)
        self._lease = lease

    @aws.answering("DynamoDB")
    def claim(self, claim: Claim, now: datetime) -> Progress:
        dynamodb = aws.dynamodb()
        try:
            dynamodb.put_item(
                TableName=self._name,
                Item={
                    **self._item(claim, now),
                    "leaseUntil": {"N": str((now + self._lease).timestamp())},
                    "claim": {"S": str(claim.id)},
                },
                ConditionExpression="attribute_not_exists(pk) OR leaseUntil < :now",
                ExpressionAttributeValues={":now": {"N": str(now.timestamp())}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except dynamodb.exceptions.ConditionalCheckFailedException as error:
            return _progress(claim, cast("Item", error.response.get("Item")))
        return Progress.CLAIMED

    @aws.answering("DynamoDB")
    def settle(self, claim: Claim, progress: Progress, at: datetime) -> None:
        aws.dynamodb().put_item(
            TableName=self._name,
            Item={**self._item(claim, at), f"{progress}At": {"S": at.isoformat()}},
        )

    @aws.answering("DynamoDB")
    def release(self, claim: Claim) -> None:
        aws.dynamodb().delete_item(
            TableName=self._name,
            Key=_key(claim),
            ConditionExpression="claim = :own",
            ExpressionAttributeValues={":own": {"S": str(claim.id)}},
        )

    @aws.answering("DynamoDB")
    def latest(self, customer_id: str, limit: int) -> list[SentConfirmation]:
        query = aws.dynamodb().get_paginator("query")
        pages = query.paginate(
            TableName=self._name,
            KeyConditionExpression="pk = :customer",
            FilterExpression="attribute_exists(sentAt)",
            ExpressionAttributeValues={":customer": {"S": f"CUSTOMER#{customer_id}"}},
        )
        sent = [_sent(item) for page in pages for item in page["Items"]]
        return sorted(sent, key=lambda confirmation: confirmation.sent_at, reverse=True)[:limit]

    def _item(self, claim: Claim, now: datetime) -> "Item":
        expiry = now + self._mark_retention
        return {
            **_key(claim),
            "period": {"S": claim.period},
            "expiresAt": {"N": str(int(expiry.timestamp()))},
        }


def _key(claim: Claim) -> "Item":
    return {
        "pk": {"S": f"CUSTOMER#{claim.customer_id}"},
        "sk": {"S": f"{_PREFIX}{claim.request_id}"},
    }


def _progress(claim: Claim, found: "Item") -> Progress:
    if "sentAt" in found:
        return Progress.SENT
    if "refusedAt" in found:
        return Progress.REFUSED
    # boto repeats a call whose answer it lost, and so may meet its own claim.
    if found["claim"]["S"] == str(claim.id):
        return Progress.CLAIMED
    raise BeingSent(f"mail of request {claim.request_id} is being sent")


def _sent(item: "Item") -> SentConfirmation:
    return SentConfirmation(
        request_id=UUID(item["sk"]["S"].removeprefix(_PREFIX)),
        period=item["period"]["S"],
        sent_at=datetime.fromisoformat(item["sentAt"]["S"]),
    )
