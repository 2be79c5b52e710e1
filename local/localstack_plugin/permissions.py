"""What IAM would ask of a caller's role before it lets a call through.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

type _Request = Mapping[str, Any]


class Place(NamedTuple):
    account_id: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"


@dataclass(frozen=True)
class Permission:
    action: str
    resource: str
    """An ARN."""
    context: tuple[tuple[str, str], ...] = ()
    """The condition keys of the service that our policies use, with their values."""


def asked(service: str, operation: str, request: _Request, place: Place) -> Iterator[Permission]:
    """For a call that is not known here: all resources, which no role of ours is granted."""
    match service, operation:
        case "dynamodb", _:
            yield from _asked_of_tables(operation, request, place)
        case "sqs", _ if "QueueUrl" in request:
            queue = request["QueueUrl"].rpartition("/")[2]
            yield Permission(f"sqs:{operation.removesuffix('Batch')}", place.arn("sqs", queue))
        case "sns", "Publish" | "PublishBatch":
            yield Permission("sns:Publish", request["TopicArn"])
        case "events", "PutEvents":
            for entry in request["Entries"]:
                bus = entry.get("EventBusName", "default")
                arn = bus if bus.startswith("arn:") else place.arn("events", f"event-bus/{bus}")
                yield Permission("events:PutEvents", arn, (("events:source", entry["Source"]),))
        case "ses", "SendEmail":
            sender = request["Source"]
            arn = place.arn("ses", f"identity/{sender}")
            yield Permission("ses:SendEmail", arn, (("ses:FromAddress", sender),))
        case "ssm", "GetParameter":
            name = request["Name"].removeprefix("/")
            yield Permission("ssm:GetParameter", place.arn("ssm", f"parameter/{name}"))
        case _:
            yield Permission(f"{service}:{operation}", "*")


def _asked_of_tables(operation: str, request: _Request, place: Place) -> Iterator[Permission]:
    def permission(action: str, table: str) -> Permission:
        return Permission(f"dynamodb:{action}", place.arn("dynamodb", f"table/{table}"))

    match request:
        case {"TransactItems": items}:
            for item in items:
                for kind, part in item.items():  # such as Put, ConditionCheck
                    yield permission(f"{kind}Item", part["TableName"])
        case {"RequestItems": tables}:
            for table in tables:
                yield permission(operation, table)
        case {"TableName": table, "IndexName": index}:
            yield permission(operation, f"{table}/index/{index}")
        case {"TableName": table}:
            yield permission(operation, table)
        case _:
            yield Permission(f"dynamodb:{operation}", "*")
