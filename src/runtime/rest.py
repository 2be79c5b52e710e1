"""The HTTP way in: routing, validation, CORS, the caller's identity, errors as problem+json."""

import json
import time
from http import HTTPStatus
from typing import Annotated, Any, cast, override

from aws_lambda_powertools.event_handler import (
    APIGatewayRestResolver,
    CORSConfig,
    Request,
    Response,
)
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
)
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.types import EventHandlerInstance
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from contracts.api import InvalidPart, ProblemDetails
from contracts.base import Identifier
from runtime.errors import Refused, Unavailable
from runtime.logs import logger

PROBLEM_JSON = "application/problem+json"
CustomerId = Annotated[Identifier, Path(alias="customerId")]
_MOST_ERRORS = 20


class Unauthorized(Exception):
    """The request carries no valid identity."""


class _JsonOnly(OpenAPIRequestValidationMiddleware):
    """Powertools would read forms too, and raises what is in no table where they are malformed."""

    @override
    def _get_body(self, app: EventHandlerInstance) -> dict[str, Any]:
        media_type = app.current_event.headers.get("content-type", "").strip()
        if media_type.startswith(("application/x-www-form-urlencoded", "multipart/")):
            raise RequestUnsupportedContentType(f"{media_type} is not read here", errors=[])
        return super()._get_body(app)


def rest_api(
    title: str,
    router: Router,
    errors: dict[type[Exception], HTTPStatus],
    allowed_origins: str = "",
    *,
    internal_prefix: str = "",
) -> APIGatewayRestResolver:
    """A service's API. `allowed_origins` are the origins, comma-separated, whose browser clients
    may call it. `errors` says which HTTP status answers which of its exceptions; what is
    in no table is a fault of ours, ends the invocation and becomes the gateway's 5xx.

    With an `internal_prefix` it is for other services: the gateway knows them by their signatures
    (AWS_IAM) and has the routes under that prefix, where it has other services' routes too.
    """
    app = APIGatewayRestResolver(
        enable_validation=True,
        cors=_cors(allowed_origins),
        strip_prefixes=[internal_prefix] if internal_prefix else None,
        json_body_deserializer=_read,
    )
    app._request_validation_middleware = _JsonOnly()  # type: ignore[no-untyped-call]
    app.include_router(router)
    app.configure_openapi(
        title=title,
        security_schemes={"bearerToken": HTTPBearer(bearerFormat="JWT")},
        security=[{"bearerToken": []}],
    )

    @app.exception_handler(RequestValidationError)
    def _invalid(error: RequestValidationError) -> Response[str]:
        logger.info("refused", extra={"status": 400, "reason": "the request is not valid"})
        parts = [_invalid_part(part) for part in error.errors()[:_MOST_ERRORS]]
        return problem(HTTPStatus.BAD_REQUEST, "the request is not valid", parts)

    @app.exception_handler(UnicodeDecodeError)
    def _unreadable(error: UnicodeDecodeError) -> Response[str]:
        not_json = InvalidPart(detail="the body is not JSON", pointer="")
        return problem(HTTPStatus.BAD_REQUEST, "the request is not valid", [not_json])

    @app.exception_handler(RequestUnsupportedContentType)
    def _unsupported(error: RequestUnsupportedContentType) -> Response[str]:
        return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")

    @app.not_found
    def _not_found(error: NotFoundError) -> Response[str]:
        return problem(HTTPStatus.NOT_FOUND, "there is no such route")

    @app.exception_handler(Unavailable)
    def _unavailable(error: Unavailable) -> Response[str]:
        logger.error("unavailable", extra={"reason": str(error)})
        detail = _repeat(app.current_event.http_method, is_internal=bool(internal_prefix))
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)

    @app.exception_handler(Unauthorized)
    def _unauthorized(error: Unauthorized) -> Response[str]:
        answer = problem(HTTPStatus.UNAUTHORIZED, str(error))
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    @app.exception_handler(Refused)
    def _refused(error: Refused) -> Response[str]:
        return problem(HTTPStatus(error.status), str(error))

    @app.exception_handler(Exception)
    def _fault(error: Exception) -> Response[str]:
        # The runtime prints it too, but not whose request it was.
        logger.error("failed", exc_info=error)
        raise error

    @app.exception_handler(list(errors))
    def _known(error: Exception) -> Response[str]:
        status = next(errors[kind] for kind in type(error).__mro__ if kind in errors)
        logger.info("refused", extra={"status": status, "reason": str(error)})
        return problem(status, str(error))

    return app


def _read(body: str) -> Any:
    """The value of a JSON text. Powertools expects one error only, but a text that nests too deep,
    or holds a number of too many digits, is none that Python reads either.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError(type(error).__name__, body, 0) from error


def _repeat(method: str, *, is_internal: bool) -> str:
    if method == "GET":
        return "this cannot be told at the moment: repeat the request"
    if is_internal:
        return "not done, or the outcome is unknown: repeat the request under the same id"
    return (
        "the outcome is unknown: repeat the request with the same Idempotency-Key, "
        "nothing will be done twice"
    )


def _cors(allowed_origins: str) -> CORSConfig | None:
    if not allowed_origins:
        return None
    first, *others = (origin.strip() for origin in allowed_origins.split(","))
    return CORSConfig(
        allow_origin=first,
        extra_origins=others,
        allow_headers=["Idempotency-Key"],
        expose_headers=["Location", "Retry-After"],
        max_age=3600,
    )


def problem(
    status: HTTPStatus, detail: str, errors: list[InvalidPart] | None = None
) -> Response[str]:
    """https://www.rfc-editor.org/rfc/rfc9457: the status says the type, the detail the occasion."""
    body = ProblemDetails(title=status.phrase, status=status, detail=detail, errors=errors)
    is_temporary = status is HTTPStatus.SERVICE_UNAVAILABLE
    return Response(
        status_code=status,
        content_type=PROBLEM_JSON,
        headers={"Retry-After": "2"} if is_temporary else {},
        body=body.model_dump_json(exclude_none=True),
    )


def no_content() -> Response[None]:
    return Response(status_code=HTTPStatus.NO_CONTENT)


def subject(request: Request) -> str:
    """Whom the authorizer let in, as a route's dependency.

    The gateway caches the authorizer's answer for longer than a token may still be valid, so the
    expiry is checked here again. Raises Unauthorized.
    """
    event = cast(APIGatewayProxyEvent, request.resolved_event)
    authorized: dict[str, Any] = event.request_context.authorizer.raw_event
    if not authorized.get("principalId"):
        raise Unauthorized("a bearer token is required")
    if float(authorized.get("exp", 0)) <= time.time():
        raise Unauthorized("the bearer token has expired")
    return str(authorized["principalId"])


def _invalid_part(error: dict[str, Any]) -> InvalidPart:
    where, *path = error["loc"] or ("body",)
    if error["type"] == "json_invalid":
        return InvalidPart(detail="the body is not JSON", pointer="")
    if where == "header":
        return InvalidPart(detail=error["msg"], header=".".join(map(str, path)))
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in path]
    return InvalidPart(detail=error["msg"], pointer="".join(f"/{step}" for step in steps))
