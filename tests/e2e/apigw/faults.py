"""What clients and stores see when a service behind Payments fails, whatever the topology."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar
from uuid import uuid4

import pytest

from local.fault_proxy import FaultProxy
from payment_requests.model import request_id
from tests.e2e.apigw.conftest import Proxies
from tests.e2e.conftest import ACCEPTED, Answer, Backstage, Customer, Json
from tests.e2e.functions import environment, timeout
from tests.e2e.test_bad_requests import assert_problem
from tests.eventually import eventually

type Fault = Callable[[FaultProxy], None]

SERVICES = ("customer", "sales", "communication")
FOLLOW_UPS = ("sales", "communication")

# The service is not reached, or is kept from doing anything.
NOTHING_DONE: dict[str, Fault] = {
    "refuses connections": FaultProxy.refuse,
    "answers 429": lambda proxy: proxy.answer(429),
    "answers 403": lambda proxy: proxy.answer(403),
}
# Nobody can tell what the service has done.
UNKNOWN: dict[str, Fault] = {
    "hangs": FaultProxy.hang,
    "answers 500": lambda proxy: proxy.answer(500),
    "answers rubbish": FaultProxy.rubbish,
    "answers 6 MB": FaultProxy.huge,
}
LATE: dict[str, Fault] = {"answers late": lambda proxy: proxy.delay(30)}


def faults(kinds: dict[str, Fault]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", kinds.values(), ids=kinds.keys())


def steps(answer: Answer) -> dict[str, str]:
    return {step["service"]: step["status"] for step in answer.json()["steps"]}


def assert_nothing_done(customer: Customer, backstage: Backstage) -> None:
    assert backstage.ledger(customer.policy_id) == []
    assert backstage.lead(customer.id) is None
    assert backstage.mails(customer) == []


def assert_done(customer: Customer, backstage: Backstage, payments: int = 1) -> None:
    """Every effect is there, once for each payment."""
    lead = backstage.lead(customer.id)
    assert len(backstage.ledger(customer.policy_id)) == payments
    assert lead is not None
    assert lead["payments"] == {"N": str(payments)}
    assert len(backstage.mails(customer)) == payments


class Faults:
    """Scenarios for a subclass that names its variant."""

    variant: ClassVar[str]

    @pytest.fixture
    def key(self) -> str:
        return str(uuid4())

    @faults(NOTHING_DONE)
    def test_where_customer_did_nothing_the_client_is_told_so(
        self, customer: Customer, backstage: Backstage, proxies: Proxies, key: str, fault: Fault
    ) -> None:
        fault(proxies["customer"])

        answer = customer.pay(key=key)

        assert_problem(answer, 503)
        assert "nothing was recorded" in answer.json()["detail"]
        assert_problem(customer.ask(str(request_id(customer.id, key))), 404)
        assert_nothing_done(customer, backstage)

        proxies["customer"].reset()
        assert customer.pay(key=key).status == 201
        assert_done(customer, backstage)

    @faults(UNKNOWN)
    def test_where_nobody_knows_what_customer_did_the_same_key_resolves_it(
        self, customer: Customer, backstage: Backstage, proxies: Proxies, key: str, fault: Fault
    ) -> None:
        fault(proxies["customer"])

        answer = customer.pay(key=key)

        assert_problem(answer, 503)
        assert "same Idempotency-Key" in answer.json()["detail"]
        assert answer.headers["Retry-After"]
        state = customer.ask(str(request_id(customer.id, key)))
        assert state.json()["status"] == "accepted"
        assert_nothing_done(customer, backstage)

        proxies["customer"].reset()
        assert customer.pay(key=key).status == 201
        assert_done(customer, backstage)

    def test_a_retry_that_does_not_reach_customer_is_not_told_that_nothing_was_recorded(
        self, customer: Customer, backstage: Backstage, proxies: Proxies, key: str
    ) -> None:
        proxies["customer"].break_off()
        customer.pay(key=key)
        proxies["customer"].refuse()

        answer = customer.pay(key=key)

        assert_problem(answer, 503)
        assert "the outcome is unknown" in answer.json()["detail"]
        proxies["customer"].reset()
        assert customer.pay(key=key).status == 201
        assert_done(customer, backstage)

    def test_a_retry_finds_the_payment_that_customer_recorded_too_late_to_say_so(
        self, customer: Customer, backstage: Backstage, proxies: Proxies, key: str
    ) -> None:
        proxies["customer"].delay(30)

        assert_problem(customer.pay(key=key), 503)

        assert len(backstage.ledger(customer.policy_id)) == 1
        assert backstage.lead(customer.id) is None
        proxies["customer"].reset()
        assert customer.pay(key=key).status == 201
        assert_done(customer, backstage)

    def test_without_a_retry_too_a_recorded_payment_is_completed(
        self, customer: Customer, backstage: Backstage, proxies: Proxies, key: str
    ) -> None:
        proxies["customer"].break_off()
        assert_problem(customer.pay(key=key), 503)
        assert len(backstage.ledger(customer.policy_id)) == 1
        proxies["customer"].reset()

        backstage.invoke("ResumeFunction")

        customer.wait_until("completed", str(request_id(customer.id, key)))
        assert customer.pay(key=key).status == 201
        assert_done(customer, backstage)

    @pytest.mark.parametrize("service", FOLLOW_UPS)
    @faults(NOTHING_DONE | UNKNOWN | LATE)
    def test_without_sales_or_communication_the_payment_stands_and_the_rest_follows(
        self,
        customer: Customer,
        backstage: Backstage,
        proxies: Proxies,
        key: str,
        fault: Fault,
        service: str,
    ) -> None:
        fault(proxies[service])

        answer = customer.pay(key=key)

        assert answer.status == 202
        assert steps(answer) == dict.fromkeys(SERVICES, "done") | {service: "retrying"}
        assert len(backstage.ledger(customer.policy_id)) == 1

        proxies[service].reset()
        backstage.invoke("ResumeFunction")
        customer.wait_until("completed", answer.json()["requestId"])
        assert customer.pay(key=key).status == 201
        assert_done(customer, backstage)

    def test_what_still_fails_when_it_is_repeated_or_resumed_stays_to_be_resumed(
        self, customer: Customer, backstage: Backstage, proxies: Proxies, key: str
    ) -> None:
        retrying = dict.fromkeys(FOLLOW_UPS, "retrying") | {"customer": "done"}
        for service in FOLLOW_UPS:
            proxies[service].answer(500)
        first, second = customer.pay(key=key), customer.pay(key=key)
        assert steps(first) == steps(second) == retrying

        backstage.invoke("ResumeFunction")
        assert steps(customer.ask(first.json()["requestId"])) == retrying

        for service in FOLLOW_UPS:
            proxies[service].reset()
        backstage.invoke("ResumeFunction")
        customer.wait_until("completed", first.json()["requestId"])
        assert_done(customer, backstage)

    def test_a_request_whose_period_another_has_paid_meanwhile_is_withdrawn(
        self, customer: Customer, backstage: Backstage, proxies: Proxies, key: str
    ) -> None:
        proxies["customer"].answer(500)
        assert_problem(customer.pay(key=key), 503)
        proxies["customer"].reset()
        assert customer.pay().status == 201

        backstage.invoke("ResumeFunction")

        assert_problem(customer.ask(str(request_id(customer.id, key))), 404)
        assert_done(customer, backstage)

    def test_a_confirmation_that_ses_has_not_taken_is_sent_when_it_is_back(
        self, customer: Customer, backstage: Backstage, proxies: Proxies
    ) -> None:
        nowhere = {"AWS_ENDPOINT_URL_SES": "http://127.0.0.1:1"}
        with environment(backstage, "CommunicationInternalApiFunction", **nowhere):
            answer = customer.pay()
        assert steps(answer)["communication"] == "retrying"
        assert backstage.mails(customer) == []

        def completed() -> bool:
            backstage.invoke("ResumeFunction")
            view = customer.ask(answer.json()["requestId"]).json()
            return bool(view["status"] == "completed")

        eventually(completed, "the request is completed")
        assert_done(customer, backstage)

    @pytest.mark.parametrize("service", SERVICES)
    def test_a_client_does_not_notice_a_fault_that_goes_at_once(
        self, customer: Customer, backstage: Backstage, proxies: Proxies, service: str
    ) -> None:
        proxies[service].fail_once()

        assert customer.pay().status == 201

        assert proxies[service].requests == 2
        assert_done(customer, backstage)

    @pytest.mark.parametrize("services", [("customer",), FOLLOW_UPS], ids=" and ".join)
    def test_a_service_that_fails_for_a_while_is_spared_and_comes_back(
        self,
        customer: Customer,
        backstage: Backstage,
        proxies: Proxies,
        services: tuple[str, ...],
    ) -> None:
        failing = [proxies[service] for service in services]
        failed = 503 if services == ("customer",) else 202
        bodies = [customer.submission(period=f"2026-{month:02}") for month in (1, 2, 3)]
        keys = [str(uuid4()) for _ in bodies]

        def pay() -> list[Answer]:
            return [customer.pay(body, key=key) for body, key in zip(bodies, keys, strict=True)]

        breaker = {"BREAKER_FAILURES": "3", "BREAKER_RECOVERY_SECONDS": "3"}
        with environment(backstage, "PaymentsApiFunction", **breaker):
            for proxy in failing:
                proxy.answer(500)
            answers = pay()  # two attempts, one, none: the circuit is open
            assert [answer.status for answer in answers] == [failed] * 3
            assert {proxy.requests for proxy in failing} == {3}
            if failed == 503:
                assert "nothing was recorded" in answers[2].json()["detail"]

            def are_tried() -> bool:
                assert customer.pay(bodies[0], key=keys[0]).status == failed
                return all(proxy.requests > 3 for proxy in failing)

            eventually(are_tried, "the half-open circuit lets a call through")
            assert {proxy.requests for proxy in failing} == {4}

            for proxy in failing:
                proxy.reset()
            eventually(
                lambda: [answer.status for answer in pay()] == [201] * 3, "the circuit is closed"
            )
        assert_done(customer, backstage, payments=3)

    def test_a_service_that_there_is_no_time_for_is_not_called(
        self, customer: Customer, backstage: Backstage, proxies: Proxies, key: str
    ) -> None:
        for service in FOLLOW_UPS:
            proxies[service].refuse()
        assert customer.pay(key=key).status == 202
        for proxy in proxies.values():
            proxy.reset()

        another = customer.submission(period="2026-12")
        with timeout(backstage, "PaymentsApiFunction", 4):  # what it keeps for itself
            assert customer.pay(key=key).status == 202
            answer = customer.pay(another)

        assert_problem(answer, 503)
        assert "nothing was recorded" in answer.json()["detail"]
        assert [proxy.requests for proxy in proxies.values()] == [0, 0, 0]
        assert len(backstage.ledger(customer.policy_id)) == 1
        assert customer.pay(key=key).status == 201
        assert_done(customer, backstage)

    def test_of_two_identical_requests_at_once_one_takes_effect(
        self, customer: Customer, backstage: Backstage, proxies: Proxies, key: str
    ) -> None:
        for proxy in proxies.values():
            proxy.delay(0.3)

        with ThreadPoolExecutor(2) as clients:
            answers = list(clients.map(lambda _: customer.pay(key=key), range(2)))

        assert all(answer.status in ACCEPTED for answer in answers)
        first, second = (answer.json()["requestId"] for answer in answers)
        assert first == second
        assert customer.pay(key=key).status == 201
        assert_done(customer, backstage)

    @pytest.mark.parametrize("service", SERVICES)
    @pytest.mark.parametrize("fault", [FaultProxy.refuse, FaultProxy.rubbish, FaultProxy.huge])
    def test_an_overview_says_which_part_is_missing(
        self, customer: Customer, proxies: Proxies, fault: Fault, service: str
    ) -> None:
        fault(proxies[service])

        answer = customer.get(f"/customers/{customer.id}/overview")

        assert answer.status == 200
        seen: Json = answer.json()
        assert seen["missing"] == [service]
        assert [part for part in SERVICES if seen[part] is None] == [service]

    def test_services_that_hang_are_waited_for_at_the_same_time(
        self, customer: Customer, proxies: Proxies
    ) -> None:
        for proxy in proxies.values():
            proxy.hang()

        with ThreadPoolExecutor(1) as client:
            overview = client.submit(customer.get, f"/customers/{customer.id}/overview")
            eventually(lambda: all(proxy.requests for proxy in proxies.values()), "all are asked")
            for proxy in proxies.values():
                proxy.reset()

        # Asked one after the other, the first would have been given up before the last was asked.
        assert overview.result().json()["missing"] == []

    def test_when_no_service_answers_there_is_no_overview(
        self, customer: Customer, proxies: Proxies
    ) -> None:
        for proxy in proxies.values():
            proxy.refuse()

        assert_problem(customer.get(f"/customers/{customer.id}/overview"), 503)
