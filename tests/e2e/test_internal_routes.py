"""What the services ask of each other is for signed callers alone, in both topologies."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.servers.localstack import ACCESS_KEY, REGION, SECRET_KEY
from tests.e2e.conftest import APIGW, Answer, Backstage, Customer

in_both_topologies = pytest.mark.parametrize("stack", APIGW, indirect=True)
with_an_api_each = pytest.mark.parametrize("stack", ["apigw-multiple"], indirect=True)

AMOUNT = {"value": "49.90", "currency": "EUR"}


class Calls:
    """Every internal route with a request that the service would take, for one customer."""

    def __init__(self, customer: Customer, backstage: Backstage) -> None:
        self.customer = customer
        parameter = backstage.cloud.client("ssm").get_parameter(
            Name=backstage.stack.outputs["DownstreamsParameter"]
        )
        downstreams = json.loads(parameter["Parameter"]["Value"])
        self._urls = {name: downstream["url"] for name, downstream in downstreams.items()}
        self._bodies: dict[tuple[str, str], dict[str, Any]] = {
            ("customer", "payments"): {
                "policyId": customer.policy_id,
                "customerId": customer.id,
                "amount": AMOUNT,
                "period": "2026-11",
            },
            ("sales", "premiums"): {
                "customerId": customer.id,
                "product": "motor",
                "period": "2026-11",
            },
            ("communication", "confirmations"): {
                "customerId": customer.id,
                "name": "Ada Lovelace",
                "email": customer.email,
                "policyId": customer.policy_id,
                "amount": AMOUNT,
                "period": "2026-11",
            },
        }

    def make(self, *, token: str | None = None, signed: bool = False) -> Iterator[Answer]:
        for (service, writes), body in self._bodies.items():
            url = self._urls[service]
            yield self._call("PUT", f"{url}/{writes}/{uuid4()}", body, token, signed)
            yield self._call("GET", f"{url}/customers/{self.customer.id}", None, token, signed)

    def _call(
        self, method: str, url: str, body: dict[str, Any] | None, token: str | None, signed: bool
    ) -> Answer:
        data = json.dumps(body) if body else None
        request = AWSRequest(method, url, {"Content-Type": "application/json"}, data)
        if signed:
            SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "execute-api", REGION).add_auth(request)
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        headers = dict(request.headers.items())
        return self.customer.http.request(method, url, body=data, headers=headers)


@pytest.fixture
def calls(customer: Customer, backstage: Backstage) -> Calls:
    return Calls(customer, backstage)


def assert_nothing_happened(customer: Customer, backstage: Backstage) -> None:
    assert backstage.ledger(customer.policy_id) == []
    assert backstage.lead(customer.id) is None
    assert backstage.mails(customer) == []


@in_both_topologies
def test_a_signed_call_is_answered(calls: Calls) -> None:
    assert [answer.status for answer in calls.make(signed=True)] == [200, 200, 204, 200, 204, 200]


@in_both_topologies
def test_a_customers_token_opens_no_internal_route(
    calls: Calls, customer: Customer, backstage: Backstage
) -> None:
    token = customer.token()
    assert customer.get(f"/payments/{uuid4()}", token=token).status == 404  # it is let in here

    assert {answer.status for answer in calls.make(token=token)} == {403}
    assert_nothing_happened(customer, backstage)


@in_both_topologies
def test_an_unsigned_call_opens_no_internal_route(
    calls: Calls, customer: Customer, backstage: Backstage
) -> None:
    assert {answer.status for answer in calls.make()} <= {403, 404}
    assert_nothing_happened(customer, backstage)


@in_both_topologies
def test_a_call_that_is_signed_by_a_stranger_opens_no_internal_route(
    calls: Calls, customer: Customer, backstage: Backstage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.e2e.test_internal_routes.SECRET_KEY", "guessed")

    assert {answer.status for answer in calls.make(signed=True)} == {403}
    assert_nothing_happened(customer, backstage)


@with_an_api_each
@pytest.mark.parametrize("path", ["", "/", "/payments", "/customers/C-1/overview", "/anything"])
def test_the_services_own_apis_are_not_for_the_public(
    customer: Customer, backstage: Backstage, path: str
) -> None:
    outputs = backstage.stack.outputs
    for api in ("CustomerApiUrl", "SalesApiUrl", "CommunicationApiUrl"):
        for headers in ({}, {"Authorization": f"Bearer {customer.token()}"}):
            for method in ("GET", "POST", "PUT", "OPTIONS"):
                answer = urllib3.request(method, outputs[api] + path, headers=headers)
                assert answer.status in (403, 404), (api, method, answer.data)


@with_an_api_each
@pytest.mark.parametrize("service", ["customer", "sales", "communication"])
def test_with_an_api_for_each_service_the_public_one_has_no_internal_route(
    customer: Customer, service: str
) -> None:
    assert customer.get(f"/internal/{service}/customers/{customer.id}").status == 404
