"""Archives of EventBridge: LocalStack cannot replay them, nor make them by CloudFormation."""

import json
from datetime import datetime
from typing import Any, ClassVar

from localstack.services.cloudformation.provider_utils import generate_default_name
from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)
from localstack.services.events.archive import ArchiveService

_LONGEST_NAME = 48


def install() -> None:
    put_events = ArchiveService.put_events

    def put_with_time(archive: ArchiveService, events: list[dict[str, Any]]) -> None:
        """A replay looks for events of a period, and fails when their time is a text."""
        times = (datetime.fromisoformat(event["time"]) for event in events)
        put_events(archive, [event | {"time": at} for event, at in zip(events, times, strict=True)])

    ArchiveService.put_events = put_with_time


class ArchiveProvider(ResourceProvider):  # type: ignore[misc]  # LocalStack has no types
    SCHEMA: ClassVar = {"primaryIdentifier": ["/properties/ArchiveName"]}

    def create(self, request: ResourceRequest) -> ProgressEvent:
        model = request.desired_state
        name = generate_default_name(request.stack_name, request.logical_resource_id)
        model.setdefault("ArchiveName", name[-_LONGEST_NAME:])
        events = request.aws_client_factory.events
        made = events.create_archive(
            ArchiveName=model["ArchiveName"],
            EventSourceArn=model["SourceArn"],
            EventPattern=json.dumps(model.get("EventPattern", {})),
            RetentionDays=int(model.get("RetentionDays", 0)),
        )
        model["Arn"] = made["ArchiveArn"]
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        events = request.aws_client_factory.events
        events.delete_archive(ArchiveName=request.desired_state["ArchiveName"])
        return ProgressEvent(OperationStatus.SUCCESS, resource_model={})


class ArchivePlugin(CloudFormationResourceProviderPlugin):  # type: ignore[misc]
    name = "AWS::Events::Archive"

    def __init__(self) -> None:
        self.factory: type[ResourceProvider] | None = None

    def load(self) -> None:
        self.factory = ArchiveProvider
