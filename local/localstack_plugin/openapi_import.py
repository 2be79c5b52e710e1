"""What LocalStack's import of an OpenAPI document drops: AWS_IAM on methods, and gateway responses.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from collections.abc import Iterator
from typing import Any

_METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}
_ANY = "x-amazon-apigateway-any-method"
_AUTH = "x-amazon-apigateway-auth"
_AUTH_TYPE = "x-amazon-apigateway-authtype"
_GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"


def signed_methods(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Path and HTTP method (or ANY) of each operation with AWS_IAM authorization."""
    for path, operations in document.get("paths", {}).items():
        for name, operation in operations.items():
            if (name == _ANY or name in _METHODS) and _is_signed(operation, document):
                yield path, "ANY" if name == _ANY else name.upper()


def gateway_responses(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By response type, in the form in which API Gateway's own API has them."""
    return {
        response_type: {
            "responseType": response_type,
            "statusCode": _text(response.get("statusCode")),
            "responseParameters": response.get("responseParameters") or {},
            "responseTemplates": response.get("responseTemplates") or {},
            "defaultResponse": False,
        }
        for response_type, response in (document.get(_GATEWAY_RESPONSES) or {}).items()
    }


def _is_signed(operation: dict[str, Any], document: dict[str, Any]) -> bool:
    own = operation.get(_AUTH)
    if own is not None:
        return str(own.get("type", "")).upper() == "AWS_IAM"
    security = operation.get("security", document.get("security")) or []
    names = {name for requirement in security for name in requirement}
    return any(_is_sigv4(document, name) for name in names)


def _is_sigv4(document: dict[str, Any], name: str) -> bool:
    swagger = document.get("securityDefinitions") or {}
    openapi = (document.get("components") or {}).get("securitySchemes") or {}
    return bool((swagger | openapi).get(name, {}).get(_AUTH_TYPE) == "awsSigv4")


def _text(status: Any) -> str | None:
    return None if status is None else str(status)
