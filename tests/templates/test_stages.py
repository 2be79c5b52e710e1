"""The gateways' stages: throttled, measured, traced, and logged where the account allows it."""

import json
from typing import Any

from tests.templates.cloudformation import Stack, target


def stages(stack: Stack) -> list[dict[str, Any]]:
    return list(stack.of_type("AWS::ApiGateway::Stage").values())


def test_every_api_has_a_stage_that_is_throttled_measured_and_traced(stack: Stack) -> None:
    apis = stack.of_type("AWS::ApiGateway::RestApi").keys()

    assert sorted(target(stage["RestApiId"]) for stage in stages(stack)) == sorted(apis)
    for stage in stages(stack):
        (everything,) = stage["MethodSettings"]
        assert (everything["ResourcePath"], everything["HttpMethod"]) == ("/*", "*")
        assert float(everything["ThrottlingRateLimit"]) > 0
        assert float(everything["ThrottlingBurstLimit"]) > 0
        assert everything["MetricsEnabled"]
        assert stage["TracingEnabled"]


def test_access_logs_are_written_where_the_account_allows_them(stack: Stack) -> None:
    for logging in stages(stack.given(AccessLogs="true")):
        access_log = logging["AccessLogSetting"]
        assert target(access_log["DestinationArn"]) == "ApiAccessLogs"
        line = json.loads(access_log["Format"])
        assert {"requestId", "status", "error"} <= line.keys()
        for personal in ("sourceIp", "authorizer", "header", "userAgent", "input"):
            assert personal not in access_log["Format"]
    assert not any("AccessLogSetting" in stage for stage in stages(stack))


def test_access_logs_tell_the_apis_apart(stack: Stack) -> None:
    logging = stages(stack.given(AccessLogs="true"))
    for stage in logging if len(logging) > 1 else []:
        assert json.loads(stage["AccessLogSetting"]["Format"])["api"] == "$context.apiId"


def test_no_stack_sets_what_is_the_regions_account_wide_role(stack: Stack) -> None:
    assert not stack.of_type("AWS::ApiGateway::Account")
