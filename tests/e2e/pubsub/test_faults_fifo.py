"""Faults of the publish/subscribe pattern over a FIFO topic of Amazon SNS."""

import json
from collections.abc import Callable
from typing import ClassVar
from uuid import UUID, uuid4

from tests.e2e.conftest import Backstage, Customer
from tests.e2e.functions import environment
from tests.e2e.pubsub.conftest import Channel, assert_done, paused, wait_for_steps
from tests.e2e.pubsub.faults import Faults
from tests.eventually import eventually


class TestFaultsOverAFifoTopic(Faults):
    variant = "pubsub-sns"
    stack_name = "faults-fifo"
    parameters: ClassVar = {"Delivery": "fifo"}

    def test_payments_of_a_policy_reach_customer_in_their_order(
        self, customer: Customer, backstage: Backstage
    ) -> None:
        """Several batches, of which one message fails at first: the ledger has its month taken."""
        periods = [f"2027-{month:02}" for month in range(1, 13)]
        backstage.sql(
            "INSERT INTO payments (request_id, policy_id, customer_id, product, period, amount,"
            " currency, paid_at) VALUES (%s, %s, '', '', %s, 1, '', now())",
            taken := uuid4(),
            customer.policy_id,
            periods[5],
        )
        with environment(backstage, "CustomerConsumerFunction", RETRY_DELAY_SECONDS="1"):
            with paused(backstage, "customer"):
                requests = [customer.request(period=period) for period in periods]
            wait_for_steps(customer, requests[5], {"customer": "retrying"})
            backstage.sql("DELETE FROM payments WHERE request_id = %s", taken)
            customer.wait_until("completed", requests[5])

        for request_id in requests:
            customer.wait_until("completed", request_id)
        reported = [
            next(s["at"] for s in customer.ask(each).json()["steps"] if s["service"] == "customer")
            for each in requests
        ]
        assert reported == sorted(reported)
        assert_done(customer, backstage, payments=12)

    def test_a_poison_message_delays_only_its_own_policy(
        self, new_customer: Callable[[], Customer], backstage: Backstage, channel: Channel
    ) -> None:
        poisoned, other = new_customer(), new_customer()
        (poison,) = channel.events(poisoned, str(uuid4()))
        poison["data"]["amount"] = "rubbish"
        with paused(backstage, "customer"):
            channel.publish(poison)
            behind = poisoned.request()
            beside = other.request()

        other.wait_until("completed", beside)
        poisoned.wait_until("completed", behind)

        eventually(
            lambda: backstage.dead_letter(
                "CustomerDeadLetterQueueUrl", json.dumps(poison["data"]["requestId"])
            ),
            "the poison message is in the dead-letter queue",
        )
        assert [row["request_id"] for row in backstage.ledger(poisoned.policy_id)] == [UUID(behind)]
        assert_done(other, backstage)
