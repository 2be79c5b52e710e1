"""A REST API for other services, whatever topology it is deployed in."""

import io
import json
from http import HTTPStatus
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from runtime.errors import Unavailable
from runtime.rest import CustomerId, no_content, rest_api
from tests.builders import LambdaContext, api_event


@pytest.fixture
def app() -> APIGatewayRestResolver:
    router = Router()

    @router.get("/customers/<customerId>")
    def get(customer_id: CustomerId) -> dict[str, str]:
        return {"customerId": customer_id}

    @router.put("/down")
    def down() -> None:
        raise Unavailable("the store: ReadTimeoutError")

    @router.put("/refused")
    def refused() -> None:
        raise ValueError("not due")

    @router.put("/done")
    def done() -> Response[None]:
        return no_content()

    statuses: dict[type[Exception], HTTPStatus] = {ValueError: HTTPStatus.UNPROCESSABLE_ENTITY}
    return rest_api("Example", router, statuses, internal_prefix="/internal/example")


def call(app: APIGatewayRestResolver, method: str, path: str) -> dict[str, Any]:
    event = api_event(method, path, subject=None, headers={"Origin": "https://portal.example"})
    return app.resolve(event, LambdaContext())  # type: ignore[arg-type]


@pytest.mark.parametrize("prefix", ["", "/internal/example"])
def test_a_route_is_the_same_in_an_api_of_its_own_and_under_a_prefix(
    app: APIGatewayRestResolver, prefix: str
) -> None:
    answer = call(app, "GET", f"{prefix}/customers/C-1")

    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"customerId": "C-1"})


@pytest.mark.parametrize("path", ["/internal/other/customers/C-1", "/example/customers/C-1"])
def test_there_is_nothing_under_another_prefix(app: APIGatewayRestResolver, path: str) -> None:
    assert call(app, "GET", path)["statusCode"] == 404


@pytest.mark.parametrize("customer", ["-1", "C%2F1", "C" * 65])
def test_a_malformed_customer_id_is_refused(app: APIGatewayRestResolver, customer: str) -> None:
    answer = call(app, "GET", f"/customers/{customer}")

    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["errors"][0]["pointer"] == "/customerId"


def test_a_service_that_is_unavailable_says_so_and_why_only_in_its_log(
    app: APIGatewayRestResolver, log: io.StringIO
) -> None:
    answer = call(app, "PUT", "/internal/example/down")

    assert answer["statusCode"] == 503
    assert answer["multiValueHeaders"]["Retry-After"] == ["2"]
    assert answer["multiValueHeaders"]["Content-Type"] == ["application/problem+json"]
    assert "repeat the request under the same id" in json.loads(answer["body"])["detail"]
    assert "ReadTimeoutError" not in answer["body"]
    assert "the store: ReadTimeoutError" in log.getvalue()


def test_a_refusal_says_why(app: APIGatewayRestResolver) -> None:
    answer = call(app, "PUT", "/refused")

    assert answer["statusCode"] == 422
    assert json.loads(answer["body"])["detail"] == "not due"


def test_an_answer_without_content_has_no_body(app: APIGatewayRestResolver) -> None:
    answer = call(app, "PUT", "/done")

    assert (answer["statusCode"], answer["body"]) == (204, None)


def test_no_browser_client_of_any_origin_may_call_it(app: APIGatewayRestResolver) -> None:
    for method in ("GET", "OPTIONS"):
        headers = call(app, method, "/customers/C-1")["multiValueHeaders"]
        assert not [name for name in headers if name.startswith("Access-Control")]
