"""Faults of the publish/subscribe pattern over a bus of Amazon EventBridge of the stack's own."""

from typing import ClassVar

import pytest

from tests.e2e.conftest import Backstage, Customer, Json
from tests.e2e.pubsub.conftest import SUBSCRIBERS, assert_done, overheard
from tests.e2e.pubsub.faults import Faults
from tests.e2e.pubsub.replays import Replays

NEEDS = {
    "customer": {"requestId", "policyId", "customerId", "product", "amount", "period"},
    "sales": {"requestId", "customerId", "product", "period"},
    "communication": {"requestId", "policyId", "customerId", "amount", "period", "payer"},
}


class TestFaultsOfOneEvent(Faults, Replays):
    variant = "pubsub-one-event"
    stack_name = "faults-one-event"
    parameters: ClassVar = {"EventBus": "own"}

    @pytest.mark.parametrize("subscriber", SUBSCRIBERS)
    def test_each_rule_passes_on_only_what_its_service_needs(
        self, customer: Customer, backstage: Backstage, subscriber: str
    ) -> None:
        with overheard(backstage, subscriber) as wait_for:
            request_id = customer.request()
            message = wait_for(request_id)

        assert set(message["data"]) == NEEDS[subscriber]
        assert (customer.email in str(message)) is (subscriber == "communication")
        assert ("Lovelace" in str(message)) is (subscriber == "communication")
        customer.wait_until("completed", request_id)
        assert_done(customer, backstage)

    @pytest.mark.parametrize(
        "name", ['Ada "Countess" Lovelace', "Ada \\ Lovelace", "Zoë <b>Ødegård</b> 李", "{}"]
    )
    def test_a_name_is_what_the_customer_wrote_on_its_way_through_a_transformer(
        self, customer: Customer, backstage: Backstage, name: str
    ) -> None:
        payer: Json = {"id": customer.id, "name": name, "email": customer.email}

        customer.wait_until("completed", customer.request(customer=payer))

        (mail,) = backstage.mails(customer)
        assert f"Dear {name}," in mail["Body"]["text_part"]
