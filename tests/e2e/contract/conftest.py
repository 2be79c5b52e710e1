"""A client of a variant's API, who sends what schemathesis makes and compares the answers with the
API's OpenAPI document.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import pytest
import requests
import urllib3
from schemathesis import Case
from schemathesis.specs.openapi.checks import ignored_auth

from local.cloud import Cloud
from local.issuer import Issuer
from local.stack import Stack
from tests.conftest import deployed
from tests.e2e.conftest import ACCEPTED, Customer, enrolled
from tests.e2e.contract.cases import CUSTOMER, KEY, LEAST, POLICY

_HEADERS = {201: {"Location"}, 202: {"Location", "Retry-After"}, 401: {"WWW-Authenticate"}}
"""That answers have, of which the documents say nothing."""


@dataclass(frozen=True)
class Client:
    customer: Customer
    http: requests.Session
    sent: Counter[str] = field(default_factory=Counter)
    """How many requests of each operation."""
    done: set[str] = field(default_factory=set)
    """The operations that were not always refused."""

    def check(self, case: Case) -> None:
        """Sends the request, and fails unless the answer is as it is documented."""
        if self._is_broken_form(case):
            return
        headers = {"Authorization": f"Bearer {self.customer.token()}"}
        # Requests that nobody signed are another test's, so that not each is sent three times.
        answer = case.call_and_validate(
            self.customer.api_url, self.http, headers, excluded_checks=[ignored_auth]
        )
        operation = case.operation.label
        self.sent[operation] += 1
        if answer.status_code < 300:
            self.done.add(operation)
        missing = {name.lower() for name in _HEADERS.get(answer.status_code, ())} - set(
            answer.headers
        )
        assert not missing, f"{answer.status_code} without {missing}"

    def check_refusal(self, authorization: str) -> None:
        url = f"{self.customer.api_url}/payments/{UUID(int=0)}"
        answer = self.http.get(url, headers={"Authorization": authorization})
        assert answer.status_code == 401, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"]

    @staticmethod
    def _is_broken_form(case: Case) -> bool:
        """LocalStack's gateway, and not AWS's, reads a form itself, and fails where it cannot. What
        the functions answer to forms is tested in tests/unit/test_ways_in.py.
        """
        return (case.headers or {}).get("Content-Type") == "multipart/form-data"


@pytest.fixture(scope="module")
def stack(cloud: Cloud, request: pytest.FixtureRequest) -> Stack:
    """Of the variant that the module names."""
    return deployed(cloud, request.module.VARIANT)


@pytest.fixture(scope="module")
def client(
    cloud: Cloud, stack: Stack, issuer: Issuer, http: urllib3.PoolManager
) -> Iterator[Client]:
    customer = Customer(stack.outputs["ApiUrl"], issuer, http, CUSTOMER, POLICY)
    assert enrolled(cloud, stack, customer).pay(key=KEY).status in ACCEPTED
    with requests.Session() as session:
        client = Client(customer, session)
        yield client
    too_little = [each for each, sent in client.sent.items() if sent < LEAST] + [
        each for each in client.sent if each not in client.done
    ]
    assert not too_little, f"this says little of {too_little}"
