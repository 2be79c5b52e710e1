"""Gateway responses: how a REST API words the errors it answers by itself.

LocalStack stores the `AWS::ApiGateway::GatewayResponse` resource and answers without it; of an
imported OpenAPI document it drops them. Templates know variables only, no VTL, as on AWS.
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"\$(context|stageVariables)\.([A-Za-z0-9_.]+)")
_HEADER = "gatewayresponse.header."
_JSON = "application/json"
DEFAULT_TEMPLATE = '{"message":$context.error.messageString}'


def choose_template(templates: Mapping[str, str], accept: str | None) -> tuple[str, str]:
    """Content type and template: the one the client accepts, or JSON, or whichever there is."""
    wanted = (accept or "").partition(",")[0].partition(";")[0].strip()
    for content_type in (wanted, _JSON, *templates):
        if content_type in templates:
            return content_type, templates[content_type]
    return _JSON, DEFAULT_TEMPLATE


def render(
    template: str, context: Mapping[str, Any], stage_variables: Mapping[str, str] | None = None
) -> str:
    """Put in the values, fit for a JSON string; `messageString` brings its own quotes.

    An unknown variable is empty, where API Gateway would leave its name.
    """

    def value(match: re.Match[str]) -> str:
        scope, path = match.groups()
        trailing = path[len(path.rstrip(".")) :]
        found: Any = context if scope == "context" else stage_variables or {}
        for part in path.rstrip(".").split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if path.rstrip(".") == "error.messageString":
            return json.dumps(context["error"]["message"]) + trailing
        return ("" if found is None else json.dumps(str(found))[1:-1]) + trailing

    return _VARIABLE.sub(value, template)


def headers(
    parameters: Mapping[str, str],
    *,
    request_headers: Mapping[str, str],
    query: Mapping[str, str],
    path: Mapping[str, str],
    context: Mapping[str, Any],
) -> dict[str, str]:
    """The headers that `responseParameters` set: 'static', or from the request or context."""
    result = {}
    for target, source in parameters.items():
        if not target.startswith(_HEADER):
            continue
        value: Any
        if source.startswith("'"):
            value = source.strip("'")
        elif source.startswith("method.request.header."):
            value = request_headers.get(source.removeprefix("method.request.header."))
        elif source.startswith("method.request.querystring."):
            value = query.get(source.removeprefix("method.request.querystring."))
        elif source.startswith("method.request.path."):
            value = path.get(source.removeprefix("method.request.path."))
        else:
            value = context
            for part in source.removeprefix("context.").split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            result[target.removeprefix(_HEADER)] = str(value)
    return result
