"""What an archive's replay does: every event of a time comes again."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from local.cloud import Cloud
from tests.e2e.conftest import Backstage, Customer
from tests.e2e.pubsub.conftest import ChannelTests, assert_done, overheard
from tests.eventually import eventually


class Replays(ChannelTests):
    def test_events_that_are_replayed_from_the_archive_have_no_second_effect(
        self, cloud: Cloud, customer: Customer, backstage: Backstage
    ) -> None:
        request_id = customer.request()
        customer.wait_until("completed", request_id)
        before = customer.ask(request_id).json()
        events = cloud.client("events")
        bus = backstage.stack.outputs["EventBusArn"]
        (archive,) = events.list_archives(EventSourceArn=bus, NamePrefix=backstage.stack.name)[
            "Archives"
        ]
        found = events.describe_archive(ArchiveName=archive["ArchiveName"])

        with overheard(backstage, "sales") as wait_for:
            name, now = f"replay-{uuid4()}", datetime.now(UTC)
            events.start_replay(
                ReplayName=name,
                EventSourceArn=found["ArchiveArn"],
                EventStartTime=now - timedelta(hours=1),
                EventEndTime=now + timedelta(hours=1),
                Destination={"Arn": bus},
            )
            wait_for(request_id)
        eventually(
            lambda: events.describe_replay(ReplayName=name)["State"] == "COMPLETED",
            "the replay is over",
        )
        backstage.wait_until_drained()

        assert_done(customer, backstage)
        assert customer.ask(request_id).json() == before
