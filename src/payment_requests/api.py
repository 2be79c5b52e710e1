"""What the API says of requests, for every service that owns some."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path
from aws_lambda_powertools.event_handler.openapi.types import (
    OpenAPIResponse,
    OpenAPIResponseContentModel,
)

from contracts.api import ProblemDetails, RequestStatus, RequestView
from payment_requests.model import (
    ForeignCustomer,
    KeyReused,
    PaymentRequest,
    UnknownRequest,
)
from runtime.rest import PROBLEM_JSON

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Names this payment. After an unknown outcome, repeat the request with the "
        "same key: nothing is done twice.",
    ),
]

RequestId = Annotated[UUID, Path(alias="requestId")]

STATUSES: dict[type[Exception], HTTPStatus] = {
    ForeignCustomer: HTTPStatus.FORBIDDEN,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnknownRequest: HTTPStatus.NOT_FOUND,
}


def _request(status: int, description: str) -> dict[int, OpenAPIResponse]:
    view: OpenAPIResponseContentModel = {"model": RequestView}
    return {status: {"description": description, "content": {"application/json": view}}}


FOUND = _request(200, "The request's present state")
ACCEPTED = _request(201, "Every step is done") | _request(202, "Accepted; Location tells more")


def problems(*statuses: int) -> dict[int, OpenAPIResponse]:
    """These errors as OpenAPI responses."""
    content: OpenAPIResponseContentModel = {"model": ProblemDetails}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM_JSON: content},
        }
        for status in statuses
    }


def accepted(request: PaymentRequest) -> Response[RequestView]:
    """The answer to `POST /payments`: 201 when every step is done, else 202 and where to look."""
    completed = request.status is RequestStatus.COMPLETED
    headers = {"Location": f"/payments/{request.id}"}
    return Response(
        status_code=HTTPStatus.CREATED if completed else HTTPStatus.ACCEPTED,
        content_type="application/json",
        headers=headers if completed else {**headers, "Retry-After": "1"},
        body=request.view(),
    )
