"""AWS_IAM on methods: only signed requests of known callers pass.

Not for form bodies: LocalStack has parsed those before, and encodes them again in its own way.
"""

import logging

from localstack.services.apigateway.next_gen.execute_api.context import RestApiInvocationContext
from localstack.services.apigateway.next_gen.execute_api.gateway_response import (
    BaseGatewayException,
    InvalidSignatureError,
    MissingAuthTokenError,
)

from . import call_log, credentials
from .permissions import Permission, Place
from .signatures import SignatureError, SignedRequest, verify

LOG = logging.getLogger(__name__)


def authorize(context: RestApiInvocationContext) -> None:
    """Let the request pass with its caller in `$context.identity`, or raise a 403."""
    try:
        caller = verify(_as_sent(context), context.region, credentials.find)
    except SignatureError as error:
        LOG.info("%s: %s", error.error_type, error.message)
        raise _forbidden(error) from error
    context.context_variables["identity"].update(
        accessKey=caller.access_key,
        accountId=caller.account_id,
        caller=caller.principal,
        user=caller.principal,
        userArn=caller.arn,
    )
    call_log.note(caller, _needed(context))


def _needed(context: RestApiInvocationContext) -> Permission:
    """With the path as the API has it, `/payments/{id}`: paths as they were sent have no end."""
    method, path = context.invocation_request["http_method"], context.resource["path"]
    place = Place(context.account_id, context.region)
    arn = place.arn("execute-api", f"{context.api_id}/{context.stage}/{method}{path}")
    return Permission("execute-api:Invoke", arn)


def _as_sent(context: RestApiInvocationContext) -> SignedRequest:
    request = context.request
    target = request.environ.get("RAW_URI") or request.full_path.rstrip("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    url = target if "://" in target else f"http://{headers.get('host', '')}{target}"
    return SignedRequest(request.method, url, headers, context.invocation_request["body"])


def _forbidden(error: SignatureError) -> BaseGatewayException:
    if error.error_type == "MissingAuthenticationTokenException":
        return MissingAuthTokenError(error.message)
    forbidden = InvalidSignatureError(error.message)
    forbidden.code = error.error_type
    return forbidden
