"""The confirmation of a payment by e-mail, where the variant has Communication."""

import pytest

from tests.e2e.conftest import WITH_COMMUNICATION, Backstage, Customer, Json
from tests.eventually import eventually

pytestmark = pytest.mark.parametrize("stack", WITH_COMMUNICATION, indirect=True)

REFUSED_BY_SES = "ada,lovelace@example.com"


def test_an_address_that_ses_refuses_is_a_failed_step_of_a_payment_that_stands(
    customer: Customer, backstage: Backstage
) -> None:
    payer = {"id": customer.id, "name": "Ada Lovelace", "email": REFUSED_BY_SES}

    answer = customer.pay(customer.submission(customer=payer))

    assert answer.status == 202
    request_id = answer.json()["requestId"]

    def ended() -> Json | None:
        view = customer.ask(request_id).json()
        return view if {step["status"] for step in view["steps"]} <= {"done", "failed"} else None

    view = eventually(ended, "every service has done its part or failed")
    assert view["status"] == "failed"
    steps = {step["service"]: step for step in view["steps"]}
    assert {name: step["status"] for name, step in steps.items()} == {
        "customer": "done",
        "sales": "done",
        "communication": "failed",
    }
    assert "address" in steps["communication"]["detail"]
    assert len(backstage.ledger(customer.policy_id)) == 1
    assert backstage.mails(customer) == []


def test_the_payment_is_confirmed_once_in_text_and_html(
    customer: Customer, backstage: Backstage
) -> None:
    key = "the same"
    request_id = customer.pay(key=key).json()["requestId"]
    customer.wait_until("completed", request_id)
    for _ in range(2):
        assert customer.pay(key=key).status == 201

    (mail,) = backstage.mails(customer)
    assert mail["Source"] == backstage.stack.sender
    for part in ("text_part", "html_part"):
        assert customer.policy_id in mail["Body"][part]
        assert "49.90 EUR" in mail["Body"][part]
