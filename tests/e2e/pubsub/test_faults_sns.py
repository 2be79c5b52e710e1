"""Faults of the publish/subscribe pattern over Amazon SNS."""

from tests.e2e.conftest import Backstage, Customer
from tests.e2e.functions import environment
from tests.e2e.pubsub.conftest import NOWHERE, assert_done, wait_for_steps
from tests.e2e.pubsub.faults import Faults

RETRY_SOON = {"RETRY_DELAY_SECONDS": "2"}


class TestFaultsOverSns(Faults):
    variant = "pubsub-sns"
    stack_name = "faults-sns"

    def test_a_confirmation_that_ses_has_not_taken_is_sent_when_it_is_back(
        self, customer: Customer, backstage: Backstage
    ) -> None:
        broken = RETRY_SOON | {"AWS_ENDPOINT_URL_SES": NOWHERE}
        with environment(backstage, "CommunicationConsumerFunction", **broken):
            request_id = customer.request()
            wait_for_steps(customer, request_id, {"communication": "retrying"})
            assert backstage.mails(customer) == []

        customer.wait_until("completed", request_id)
        assert_done(customer, backstage)
