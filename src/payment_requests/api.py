"""The public API: what it says of requests, for every service that owns some."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Depends, Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Header, Path
from aws_lambda_powertools.event_handler.openapi.types import (
    OpenAPIResponse,
    OpenAPIResponseContentModel,
)

from contracts.api import PaymentSubmission, ProblemDetails, RequestStatus, RequestView
from payment_requests.model import (
    ForeignCustomer,
    KeyReused,
    PaymentRequest,
    UnknownRequest,
    request_id,
)
from payment_requests.premiums import PeriodPaid, UnknownPolicy, WrongAmount
from payment_requests.progress import tell_refused
from runtime.errors import Refused
from runtime.logs import correlate, logger
from runtime.rest import PROBLEM_JSON, subject

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


REFUSALS: dict[type[Exception], HTTPStatus] = {
    UnknownPolicy: HTTPStatus.UNPROCESSABLE_ENTITY,
    WrongAmount: HTTPStatus.UNPROCESSABLE_ENTITY,
    PeriodPaid: HTTPStatus.CONFLICT,
}

_REFUSED: tuple[type[Exception], ...] = (*STATUSES, *REFUSALS, Refused)


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


def payment_routes(
    pay: Callable[[PaymentSubmission, str, str], PaymentRequest],
    find: Callable[[UUID, str], PaymentRequest],
    success: HTTPStatus,
) -> Router:
    """The two routes of every variant. `pay` takes a submission, the token's subject and the
    idempotency key, `find` a request's id and the subject. `success` is what `pay` mostly ends in.
    """
    router = Router()

    @router.post(
        "/payments",
        summary="Pay the premium of a policy for one month",
        operation_id="payPremium",
        status_code=success,
        responses=ACCEPTED | problems(400, 401, 403, 409, 415, 422, 503),
    )
    def post(
        submission: PaymentSubmission,
        idempotency_key: IdempotencyKey,
        subject: Annotated[str, Depends(subject)],
    ) -> Response[RequestView]:
        id = request_id(subject, idempotency_key)
        # Which has been the correlation id so far, and is in the gateway's own log.
        about = {"gateway_request_id": logger.get_correlation_id()}
        correlate(id)
        logger.info("payment submitted", extra=about)
        try:
            return _answer(pay(submission, subject, idempotency_key))
        except _REFUSED as error:
            tell_refused(id, _status(error))
            raise

    @router.get(
        "/payments/<requestId>",
        summary="Tell what became of a payment request",
        operation_id="getPaymentRequest",
        responses=FOUND | problems(400, 401, 404, 503),
    )
    def get(request_id: RequestId, subject: Annotated[str, Depends(subject)]) -> RequestView:
        correlate(request_id)
        return find(request_id, subject).view()

    return router


def _status(refusal: Exception) -> HTTPStatus:
    if isinstance(refusal, Refused):
        return HTTPStatus(refusal.status)
    return (STATUSES | REFUSALS)[type(refusal)]


def _answer(request: PaymentRequest) -> Response[RequestView]:
    """201 when every step is done, else 202 and where to look."""
    completed = request.status is RequestStatus.COMPLETED
    headers = {"Location": f"/payments/{request.id}"}
    return Response(
        status_code=HTTPStatus.CREATED if completed else HTTPStatus.ACCEPTED,
        content_type="application/json",
        headers=headers if completed else {**headers, "Retry-After": "1"},
        body=request.view(),
    )
