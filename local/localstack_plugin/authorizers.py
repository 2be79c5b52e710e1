"""Lambda authorizers of REST APIs, which LocalStack's open-source edition stores but never calls.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

import json
import logging
import re
import threading
import time
from typing import Any

from localstack.aws.connect import connect_to
from localstack.services.apigateway.next_gen.execute_api.context import RestApiInvocationContext
from localstack.services.apigateway.next_gen.execute_api.gateway_response import (
    AccessDeniedError,
    AuthorizerConfigurationError,
    UnauthorizedError,
)

from .policy import Decision, MalformedPolicy, decide

LOG = logging.getLogger(__name__)
_DEFAULT_TTL_SECONDS = 300

Result = dict[str, Any]


def authorize(context: RestApiInvocationContext) -> None:
    """Let the request pass with the answer in `$context.authorizer`, or raise a 401, 403 or 500."""
    authorizer = context.deployment.rest_api.authorizers.get(
        context.resource_method["authorizerId"]
    )
    if authorizer is None or authorizer["type"] not in ("TOKEN", "REQUEST"):
        raise _misconfigured("the method's authorizer is missing or no Lambda authorizer")
    identity = _identity(authorizer, context)
    key = (context.api_id, context.stage, context.deployment_id, authorizer["id"], *identity)

    began = time.perf_counter()
    result = _results.get(key)
    if result is None:
        result = _ask(authorizer, identity, context)
        _results.put(key, result, authorizer.get("authorizerResultTtlInSeconds"))
    latency = int((time.perf_counter() - began) * 1000)

    try:
        decision = decide(result["policyDocument"], _method_arn(context))
    except MalformedPolicy as error:
        raise _misconfigured(str(error)) from error
    match decision:
        case Decision.EXPLICIT_DENY:
            raise AccessDeniedError(
                "User is not authorized to access this resource with an explicit deny in an"
                " identity-based policy"
            )
        case Decision.IMPLICIT_DENY:
            raise AccessDeniedError("User is not authorized to access this resource")
    variables = context.context_variables
    variables["authorizer"] = {
        **result["context"],
        "principalId": result["principalId"],
        "integrationLatency": latency,
    }
    if result.get("usageIdentifierKey"):
        variables["identity"]["apiKey"] = result["usageIdentifierKey"]


class _Results:
    """Answers by identity, until they are too old."""

    def __init__(self) -> None:
        self._entries: dict[tuple[Any, ...], tuple[float, Result]] = {}
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...]) -> Result | None:
        with self._lock:
            expires, result = self._entries.get(key, (0.0, None))
        return result if expires > time.monotonic() else None

    def put(self, key: tuple[Any, ...], result: Result, ttl: Any) -> None:
        seconds = _DEFAULT_TTL_SECONDS if ttl is None else int(ttl)
        if not seconds:
            return
        now = time.monotonic()
        with self._lock:
            for old in [entry for entry, (expires, _) in self._entries.items() if expires <= now]:
                del self._entries[old]
            self._entries[key] = now + seconds, result


_results = _Results()


def _identity(authorizer: dict[str, Any], context: RestApiInvocationContext) -> list[str]:
    """The values that name the caller; when one is missing or no token, nobody is asked."""
    sources = (authorizer.get("identitySource") or "").split(",")
    values = [_value(source.strip(), context) for source in sources if source.strip()]
    present = [value for value in values if value]
    if len(present) < len(values):
        raise UnauthorizedError("Unauthorized")
    if authorizer["type"] == "TOKEN":
        expression = authorizer.get("identityValidationExpression")
        if not present or (expression and not re.match(expression, present[0])):
            raise UnauthorizedError("Unauthorized")
    return present


def _value(source: str, context: RestApiInvocationContext) -> str | None:
    location, _, name = source.rpartition(".")
    request = context.invocation_request
    found: Any
    if location == "method.request.header":
        found = request["headers"].get(name)
    elif location == "method.request.querystring":
        found = request["query_string_parameters"].get(name)
    elif location == "stageVariables":
        found = (context.stage_variables or {}).get(name)
    else:
        found = context.context_variables
        for part in source.removeprefix("context.").split("."):
            found = found.get(part) if isinstance(found, dict) else None
    return None if found is None else str(found)


def _ask(
    authorizer: dict[str, Any], identity: list[str], context: RestApiInvocationContext
) -> Result:
    """Invoke the authorizer's function; its answer with the context's values as strings."""
    function = authorizer["authorizerUri"].partition("/functions/")[2].removesuffix("/invocations")
    client = connect_to(
        region_name=context.region, aws_access_key_id=context.account_id
    ).lambda_.request_metadata(service_principal="apigateway")
    event = _event(authorizer, identity, context)
    answer = client.invoke(FunctionName=function, Payload=json.dumps(event, default=str))
    result = json.loads(answer["Payload"].read() or "null")
    if answer.get("FunctionError"):
        if isinstance(result, dict) and result.get("errorMessage") == "Unauthorized":
            raise UnauthorizedError("Unauthorized")
        raise _misconfigured(f"{function} failed: {result}")
    if not isinstance(result, dict) or not isinstance(result.get("principalId"), str):
        raise _misconfigured("the answer has no principalId")
    values = result.get("context") or {}
    if not isinstance(values, dict) or not all(
        isinstance(value, str | int | float | bool | None) for value in values.values()
    ):
        raise _misconfigured("the answer's context may hold strings, numbers and booleans only")
    texts = {
        name: json.dumps(value) if isinstance(value, bool) else str(value)
        for name, value in values.items()
        if value is not None
    }
    return {**result, "policyDocument": result.get("policyDocument"), "context": texts}


def _event(
    authorizer: dict[str, Any], identity: list[str], context: RestApiInvocationContext
) -> dict[str, Any]:
    method_arn = _method_arn(context)
    if authorizer["type"] == "TOKEN":
        return {"type": "TOKEN", "methodArn": method_arn, "authorizationToken": identity[0]}
    request, variables = context.invocation_request, context.context_variables
    headers = request["headers"]
    return {
        "type": "REQUEST",
        "methodArn": method_arn,
        "resource": context.resource["path"],
        "path": request["path"],
        "httpMethod": request["http_method"],
        "headers": dict(headers.items()),
        "multiValueHeaders": {name: headers.getlist(name) for name in dict(headers.items())},
        "queryStringParameters": request["query_string_parameters"],
        "multiValueQueryStringParameters": request["multi_value_query_string_parameters"],
        "pathParameters": request["path_parameters"],
        "stageVariables": context.stage_variables,
        "requestContext": {
            "resourceId": context.resource["id"],
            "resourcePath": context.resource["path"],
            **variables,
        },
    }


def _method_arn(context: RestApiInvocationContext) -> str:
    request = context.invocation_request
    return (
        f"arn:aws:execute-api:{context.region}:{context.account_id}:{context.api_id}"
        f"/{context.stage}/{request['http_method']}{request['path']}"
    )


def _misconfigured(reason: str) -> AuthorizerConfigurationError:
    LOG.error("authorizer: %s", reason)
    return AuthorizerConfigurationError()
