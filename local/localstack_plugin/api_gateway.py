"""The places in LocalStack's REST APIs where this plug-in takes part."""

import copy
from typing import Any

from localstack.http import Response
from localstack.services.apigateway.helpers import ModelResolver, get_apigateway_store
from localstack.services.apigateway.legacy import provider
from localstack.services.apigateway.next_gen.execute_api import handlers
from localstack.services.apigateway.next_gen.execute_api.context import (
    InvocationRequest,
    RestApiInvocationContext,
)
from localstack.services.apigateway.next_gen.execute_api.gateway_response import (
    AccessDeniedError,
    BadRequestBodyError,
    BaseGatewayException,
    get_gateway_response_or_default,
)
from localstack.services.apigateway.next_gen.execute_api.handlers.gateway_exception import (
    GatewayExceptionHandler,
)
from localstack.services.apigateway.next_gen.execute_api.handlers.method_request import (
    MethodRequestHandler,
)

from . import authorizers, gateway_responses, iam_authorization, openapi_import
from .body_validation import validation_errors


def install() -> None:
    handlers.preprocess_request.append(_authorize)
    MethodRequestHandler._is_body_valid = staticmethod(_is_body_valid)
    GatewayExceptionHandler.create_exception_response = _error_response
    import_part = provider.import_api_from_openapi_spec

    def import_whole(rest_api: Any, context: Any, open_api_spec: dict[str, Any], mode: str) -> Any:
        result = import_part(rest_api, context=context, open_api_spec=open_api_spec, mode=mode)
        _add_what_import_drops(result[0], context, open_api_spec)
        return result

    provider.import_api_from_openapi_spec = import_whole


def _authorize(_chain: Any, context: RestApiInvocationContext, _response: Response) -> None:
    match context.resource_method.get("authorizationType"):
        case "CUSTOM":
            authorizers.authorize(context)
        case "AWS_IAM":
            iam_authorization.authorize(context)


def _is_body_valid(method: Any, rest_api: Any, request: InvocationRequest) -> bool:
    models = method.get("requestModels") or {}
    name = models.get("application/json", models.get("$default", "Empty"))
    schema = ModelResolver(rest_api_container=rest_api, model_name=name).get_resolved_model()
    if not schema:
        raise BadRequestBodyError("Invalid request body")
    errors = validation_errors(request.get("body") or b"", schema)
    if errors:
        error = BadRequestBodyError("Invalid request body")
        error.validation_error = f"[{', '.join(errors)}]"
        raise error
    return True


def _error_response(
    _handler: GatewayExceptionHandler,
    exception: BaseGatewayException,
    context: RestApiInvocationContext,
) -> Response:
    response = get_gateway_response_or_default(
        exception.type, context.deployment.rest_api.gateway_responses
    )
    request = context.invocation_request
    content_type, template = gateway_responses.choose_template(
        response["responseTemplates"], request["headers"].get("Accept")
    )
    if isinstance(exception, AccessDeniedError) and template == gateway_responses.DEFAULT_TEMPLATE:
        template = '{"Message":$context.error.messageString}'  # so it is on AWS
    variables = {
        **context.context_variables,
        "error": {
            "message": exception.message,
            "responseType": str(exception.type),
            "validationErrorString": getattr(exception, "validation_error", ""),
        },
    }
    return Response(
        gateway_responses.render(template, variables, context.stage_variables),
        status=int(response.get("statusCode") or exception.status_code or 500),
        headers={
            "Content-Type": content_type,
            "x-amzn-ErrorType": exception.code,
            **gateway_responses.headers(
                response["responseParameters"],
                request_headers=request["headers"],
                query=request["query_string_parameters"],
                path=request.get("path_parameters") or {},
                context=variables,
            ),
        },
    )


def _add_what_import_drops(rest_api: Any, context: Any, document: dict[str, Any]) -> None:
    signed = set(openapi_import.signed_methods(document))
    for resource in rest_api.resources.values():
        for name, method in resource.resource_methods.items():
            if (resource.get_path(), name) in signed:
                method.authorization_type = "AWS_IAM"
    container = get_apigateway_store(context=context).rest_apis[rest_api.id]
    container.gateway_responses.update(copy.deepcopy(openapi_import.gateway_responses(document)))
