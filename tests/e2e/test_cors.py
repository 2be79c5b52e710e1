"""Browser clients: https://fetch.spec.whatwg.org/#http-cors-protocol."""

from tests.e2e.conftest import ACCEPTED, Customer


def test_a_preflight_needs_no_token_and_allows_what_the_api_takes(
    customer: Customer, origin: str
) -> None:
    answer = customer.http.request(
        "OPTIONS",
        f"{customer.api_url}/payments",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,idempotency-key,content-type",
        },
    )

    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "idempotency-key", "content-type"} <= set(allowed.split(","))


def test_an_allowed_origin_may_read_the_answer_and_its_location(
    customer: Customer, origin: str
) -> None:
    answer = customer.pay(headers={"Origin": origin})

    assert answer.status in ACCEPTED
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "Location" in answer.headers["Access-Control-Expose-Headers"]


def test_another_origin_may_not(customer: Customer) -> None:
    answer = customer.pay(headers={"Origin": "https://elsewhere.example"})

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_gateways_own_errors_can_be_read_by_browsers(customer: Customer, origin: str) -> None:
    answer = customer.pay("not JSON", headers={"Origin": origin})

    assert answer.status == 400
    assert answer.headers["Access-Control-Allow-Origin"] == origin
