"""`sam local start-api` serves the public API of every template."""

from collections.abc import Iterator, Mapping

import pytest
import urllib3

from local.cloud import Cloud
from local.issuer import Issuer
from local.stack import find
from tests.e2e.conftest import ACCEPTED, Customer, enrolled
from tests.eventually import eventually
from tests.outcomes import STACKS
from tests.sam_local.conftest import prepare, served


@pytest.fixture(scope="module")
def customer(
    cloud: Cloud,
    template: str,
    issuer: Issuer,
    http: urllib3.PoolManager,
    environment: Mapping[str, str],
) -> Iterator[Customer]:
    prepare(cloud, template)
    stack = find(cloud, STACKS[template])
    assert stack is not None
    with served(cloud, template, "start-api", environment) as address:
        yield enrolled(cloud, stack, Customer(address, issuer, http))


def test_a_payment_is_accepted_and_completed(customer: Customer) -> None:
    def accepted() -> str | None:
        """The id of the request, repeated as the API asks when a service takes too long."""
        answer = customer.pay(key="premium")
        assert answer.status in (*ACCEPTED, 503), answer.data
        return str(answer.json()["requestId"]) if answer.status in ACCEPTED else None

    # All services start with this call, beside containers that take the machine's time.
    request_id = eventually(accepted, "the payment is accepted", seconds=120)
    customer.wait_until("completed", request_id, seconds=120)


def test_who_has_no_token_is_not_let_in(customer: Customer) -> None:
    assert customer.pay(token=None).status == 401


def test_sam_answers_502_where_the_authorizer_has_refused(customer: Customer) -> None:
    # API Gateway answers 401: docs/local-cloud.md.
    assert customer.pay(token="header.claims.signature").status == 502
