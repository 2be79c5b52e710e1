"""What clients and stores see when something breaks, whatever the channel."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.e2e.conftest import Backstage, Customer
from tests.e2e.functions import environment, kill
from tests.e2e.pubsub.conftest import (
    NOWHERE,
    SUBSCRIBERS,
    Channel,
    ChannelTests,
    age,
    arn,
    assert_done,
    down,
    steps,
    wait_for_steps,
)
from tests.e2e.test_bad_requests import assert_problem
from tests.eventually import eventually
from tests.tcp import Trap

DEAD_LETTERS = {name: f"{name.capitalize()}DeadLetterQueueUrl" for name in SUBSCRIBERS}

each_subscriber = pytest.mark.parametrize("subscriber", SUBSCRIBERS)


def wait_for_dead_letters(backstage: Backstage, containing: str) -> None:
    """Until every subscriber has given such a message up."""
    for name, queue in DEAD_LETTERS.items():
        eventually(
            lambda queue=queue: backstage.dead_letter(queue, containing),
            f"the message is in {name}'s dead-letter queue",
            seconds=90,
        )


class Faults(ChannelTests):
    @each_subscriber
    def test_a_subscriber_that_was_down_for_a_while_holds_up_nobody_and_loses_nothing(
        self, customer: Customer, backstage: Backstage, subscriber: str
    ) -> None:
        others = {name: "done" for name in SUBSCRIBERS if name != subscriber}
        with down(backstage, subscriber):
            request_id = customer.request()
            wait_for_steps(customer, request_id, others | {subscriber: "retrying"})

        customer.wait_until("completed", request_id)
        assert_done(customer, backstage)

    def test_a_poison_message_ends_in_the_dead_letter_queues_and_harms_no_good_one(
        self, new_customer: Callable[[], Customer], backstage: Backstage, channel: Channel
    ) -> None:
        before, poisoned, after = (new_customer() for _ in range(3))
        first = before.request()
        poison = channel.events(poisoned, str(uuid4()))
        for event in poison:
            event["data"] = {"requestId": event["data"]["requestId"], "rubbish": "x"}
        channel.publish(*poison)
        second = after.request()

        before.wait_until("completed", first)
        after.wait_until("completed", second)

        wait_for_dead_letters(backstage, poison[0]["data"]["requestId"])
        assert_done(before, backstage)
        assert_done(after, backstage)
        assert backstage.ledger(poisoned.policy_id) == []

    def test_an_event_that_comes_many_times_has_one_effect(
        self, customer: Customer, backstage: Backstage, channel: Channel
    ) -> None:
        with channel.down():
            request_id = customer.request()  # of which nobody has heard
        events = channel.events(customer, request_id)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: channel.publish(*events), range(12)))
        customer.wait_until("completed", request_id)
        assert backstage.invoke("OutboxRelayFunction")["published"] == len(events)
        backstage.wait_until_drained()

        assert_done(customer, backstage)
        assert customer.ask(request_id).json()["status"] == "completed"

    def test_communication_may_be_done_before_customer(
        self, customer: Customer, backstage: Backstage
    ) -> None:
        with down(backstage, "customer"):
            request_id = customer.request()
            expected = {"communication": "done", "customer": "retrying"}
            wait_for_steps(customer, request_id, expected)
            assert len(backstage.mails(customer)) == 1
            assert backstage.ledger(customer.policy_id) == []

        customer.wait_until("completed", request_id)
        assert_done(customer, backstage)

    def test_where_the_commit_fails_nothing_happens_and_the_same_key_pays_later(
        self, customer: Customer, backstage: Backstage
    ) -> None:
        key = str(uuid4())
        nowhere = {"AWS_ENDPOINT_URL_DYNAMODB": NOWHERE}
        with environment(backstage, "PaymentsApiFunction", **nowhere):
            answer = customer.pay(key=key)

        assert_problem(answer, 503)
        assert "same Idempotency-Key" in answer.json()["detail"]
        assert backstage.ledger(customer.policy_id) == []
        assert backstage.mails(customer) == []
        assert backstage.invoke("OutboxRelayFunction") == {"found": 0, "published": 0}

        again = customer.pay(key=key)
        assert again.status == 202
        customer.wait_until("completed", again.json()["requestId"])
        assert_done(customer, backstage)

    def test_where_the_publish_fails_after_the_commit_the_relay_repairs_it(
        self, customer: Customer, backstage: Backstage, channel: Channel
    ) -> None:
        with channel.down():
            answer = customer.pay()

        assert answer.status == 202
        request_id = answer.json()["requestId"]
        assert set(steps(customer, request_id).values()) == {"pending"}
        count = len(self.published)
        assert backstage.invoke("OutboxRelayFunction") == {"found": count, "published": count}
        customer.wait_until("completed", request_id)
        assert_done(customer, backstage)
        assert backstage.invoke("OutboxRelayFunction") == {"found": 0, "published": 0}

    def test_a_crash_between_commit_and_publish_is_repaired_by_the_relay(
        self, customer: Customer, backstage: Backstage, channel: Channel
    ) -> None:
        key = str(uuid4())
        name = backstage.stack.outputs["PaymentsApiFunction"]

        with Trap(lambda: kill(name)).running() as trap:
            endpoint = channel.endpoint(f"http://127.0.0.1:{trap.port}")
            with environment(backstage, "PaymentsApiFunction", **endpoint):
                crashed = customer.pay(key=key)

        assert_problem(crashed, 502)
        again = customer.pay(key=key)
        assert again.status == 202
        assert backstage.invoke("OutboxRelayFunction")["published"] == len(self.published)
        customer.wait_until("completed", again.json()["requestId"])
        assert_done(customer, backstage)

    @each_subscriber
    def test_of_a_batch_in_which_one_message_fails_only_that_one_comes_again(
        self,
        new_customer: Callable[[], Customer],
        backstage: Backstage,
        channel: Channel,
        subscriber: str,
    ) -> None:
        good = [new_customer() for _ in range(2)]
        with channel.down():
            requests = [each.request() for each in good]
        bodies = [
            json.dumps(self._event_for(subscriber, channel, *pair))
            for pair in zip(good, requests, strict=True)
        ]

        answer = backstage.invoke(
            f"{subscriber.capitalize()}ConsumerFunction",
            self._batch(backstage, subscriber, bodies[0], "rubbish", bodies[1]),
        )

        assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
        for customer, request_id in zip(good, requests, strict=True):
            wait_for_steps(customer, request_id, {subscriber: "done"})
        backstage.invoke("OutboxRelayFunction")
        for customer, request_id in zip(good, requests, strict=True):
            customer.wait_until("completed", request_id)
            assert_done(customer, backstage)

    def test_dead_letters_are_redriven_when_the_fault_is_mended(
        self, customer: Customer, backstage: Backstage
    ) -> None:
        with down(backstage, *SUBSCRIBERS, retry_seconds=0):
            request_id = customer.request()
            wait_for_dead_letters(backstage, request_id)
            wait_for_steps(customer, request_id, dict.fromkeys(SUBSCRIBERS, "failed"))
        assert customer.ask(request_id).json()["status"] == "failed"

        for name in SUBSCRIBERS:
            title = name.capitalize()
            backstage.redrive(f"{title}DeadLetterQueueUrl", f"{title}QueueUrl")
        customer.wait_until("completed", request_id)
        assert_done(customer, backstage)

    def test_a_field_of_a_later_contract_is_ignored(
        self, customer: Customer, backstage: Backstage, channel: Channel
    ) -> None:
        with channel.down():
            request_id = customer.request()
        events = channel.events(customer, request_id)
        for event in events:
            event |= {"priority": "high"}
            event["data"] |= {"discount": {"value": "1.00"}}

        channel.publish(*events)

        customer.wait_until("completed", request_id)
        assert_done(customer, backstage)
        backstage.invoke("OutboxRelayFunction")

    def test_an_unknown_major_version_is_refused_to_the_dead_letter_queues(
        self, customer: Customer, backstage: Backstage, channel: Channel
    ) -> None:
        request_id = str(uuid4())
        events = channel.events(customer, request_id)
        for event in events:
            event["type"] = event["type"].replace(".v1", ".v2")

        channel.publish(*events)

        wait_for_dead_letters(backstage, request_id)
        assert backstage.ledger(customer.policy_id) == []
        assert backstage.lead(customer.id) is None
        assert backstage.mails(customer) == []

    def test_a_step_that_nobody_reports_is_failed_by_the_sweep_and_may_still_be_done(
        self, customer: Customer, backstage: Backstage
    ) -> None:
        with down(backstage, "sales"):
            request_id = customer.request()
            others = {"customer": "done", "communication": "done"}
            wait_for_steps(customer, request_id, others)

            def swept() -> bool:
                age(backstage, request_id)  # until then a report may make it young again
                backstage.invoke("OverdueSweepFunction")
                return bool(customer.ask(request_id).json()["status"] == "failed")

            eventually(swept, "the sweep has failed the request")

        customer.wait_until("completed", request_id)
        assert_done(customer, backstage)

    def test_audit_tells_what_happened_to_a_request_across_services(
        self, customer: Customer, backstage: Backstage
    ) -> None:
        request_id = customer.request()
        customer.wait_until("completed", request_id)

        def trail() -> list[dict[str, str]] | None:
            found = backstage.invoke("AuditTrailFunction", {"requestId": request_id})["events"]
            return found if len(found) == len(self.published) + len(SUBSCRIBERS) else None

        events = eventually(trail, "audit has heard of every event")

        payments = [event["type"] for event in events if event["source"] == "payments"]
        assert sorted(payments) == sorted(self.published)
        reported = [event["source"] for event in events if event["type"] == "step.reported.v1"]
        assert sorted(reported) == sorted(SUBSCRIBERS)
        assert "Lovelace" not in json.dumps(events)
        assert customer.email not in json.dumps(events)

    def test_audit_that_was_down_for_a_while_holds_up_nobody_and_loses_nothing(
        self, customer: Customer, backstage: Backstage
    ) -> None:
        def kept() -> list[str]:
            found = backstage.invoke("AuditTrailFunction", {"requestId": request_id})["events"]
            return sorted(event["type"] for event in found)

        with down(backstage, "audit"):
            request_id = customer.request()
            customer.wait_until("completed", request_id)
            assert kept() == []

        everything = sorted([*self.published, *["step.reported.v1"] * len(SUBSCRIBERS)])
        eventually(lambda: kept() == everything, "audit has heard of it", seconds=60)

    def _event_for(
        self, subscriber: str, channel: Channel, customer: Customer, request_id: str
    ) -> dict[str, object]:
        """The one of the published events that is this subscriber's."""
        events = channel.events(customer, request_id)
        return events[SUBSCRIBERS.index(subscriber) if len(events) > 1 else 0]

    @staticmethod
    def _batch(backstage: Backstage, subscriber: str, *bodies: str) -> dict[str, object]:
        """The messages as Lambda's event source mapping hands them over, each of its own group."""
        queue = arn(backstage, backstage.stack.outputs[f"{subscriber.capitalize()}QueueUrl"])
        records = [
            {
                "messageId": f"message-{index}",
                "receiptHandle": f"receipt-{index}",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    **({"MessageGroupId": str(index)} if queue.endswith(".fifo") else {}),
                },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": queue,
                "awsRegion": "us-east-1",
            }
            for index, body in enumerate(bodies)
        ]
        return {"Records": records}
