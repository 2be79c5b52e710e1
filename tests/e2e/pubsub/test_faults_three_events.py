"""Faults of the publish/subscribe pattern over Amazon EventBridge, with an event for each."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from local.cloud import Cloud
from local.fault_proxy import Handler, Server
from tests.e2e.conftest import Backstage, Customer
from tests.e2e.functions import environment
from tests.e2e.pubsub.conftest import assert_done, steps, wait_for_steps
from tests.e2e.pubsub.faults import Faults
from tests.e2e.pubsub.replays import Replays


@contextmanager
def throttled(cloud: Cloud, detail_type: str) -> Iterator[str]:
    """The address of an EventBridge that takes all events but those of one type."""
    events = cloud.client("events")

    def serve(handler: Handler) -> None:
        answers = [
            {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
            if entry["DetailType"] == detail_type
            else events.put_events(Entries=[entry])["Entries"][0]
            for entry in json.loads(handler.body)["Entries"]
        ]
        failed = sum("ErrorCode" in answer for answer in answers)
        body = json.dumps({"FailedEntryCount": failed, "Entries": answers}).encode()
        handler.answer(200, {"Content-Type": "application/x-amz-json-1.1"}, body)

    server = Server(serve)
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.stop()


class TestFaultsOfThreeEvents(Faults, Replays):
    variant = "pubsub-three-events"
    stack_name = "faults-three-events"
    published = ("payment.taken.v1", "premium.paid.v1", "confirmation.due.v1")

    def test_of_a_partial_failure_only_the_failed_entry_is_published_again(
        self, cloud: Cloud, customer: Customer, backstage: Backstage
    ) -> None:
        with (
            throttled(cloud, "premium.paid.v1") as endpoint,
            environment(backstage, "PaymentsApiFunction", AWS_ENDPOINT_URL_EVENTBRIDGE=endpoint),
        ):
            request_id = customer.request()
        wait_for_steps(customer, request_id, {"customer": "done", "communication": "done"})
        assert steps(customer, request_id)["sales"] == "pending"

        assert backstage.invoke("OutboxRelayFunction") == {"found": 1, "published": 1}
        customer.wait_until("completed", request_id)
        assert_done(customer, backstage)
