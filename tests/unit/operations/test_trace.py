"""The story of a request, from the lines of several functions."""

import io
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from operations import trace
from operations.errors import Failed
from operations.place import Place
from operations.stack import Resource, Stack

ID = uuid4()
BEGIN = 1_795_000_000_000  # milliseconds


class Functions:
    """Lambda and CloudWatch Logs in memory: what functions have logged, and what Audit answers."""

    def __init__(self) -> None:
        self.lines: dict[str, list[tuple[int, str]]] = {}
        self.audit: dict[str, Any] = {"events": []}
        self.error: dict[str, str] = {}

    def log(self, function: str, milliseconds: int, line: str | dict[str, Any]) -> None:
        text = line if isinstance(line, str) else json.dumps(line)
        self.lines.setdefault(function, []).append((BEGIN + milliseconds, text))

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:
        return {"LoggingConfig": {"LogGroup": f"group/{FunctionName}"}}

    def get_paginator(self, _operation: str) -> "Functions":
        return self

    def paginate(
        self, *, logGroupName: str, startTime: int, filterPattern: str
    ) -> Iterator[dict[str, Any]]:
        function = logGroupName.removeprefix("group/")
        yield {"events": []}  # as CloudWatch has pages in which nothing matches
        yield {
            "events": [
                {"timestamp": at, "message": f"{text}\n", "eventId": str(number)}
                for number, (at, text) in enumerate(self.lines.get(function, []))
                if at >= startTime and filterPattern.strip('"') in text
            ]
        }

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:
        assert json.loads(Payload) == {"requestId": str(ID)}
        return {"Payload": io.BytesIO(json.dumps(self.audit).encode()), **self.error}


@pytest.fixture
def functions() -> Functions:
    return Functions()


@pytest.fixture
def shown(
    functions: Functions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Traces the request, and answers the lines that are printed."""

    def run(request: UUID = ID, *, since: str = "7000d") -> list[str]:
        names = (*functions.lines, *(["AuditTrailFunction"] if functions.audit["events"] else []))
        resources = {name: Resource("AWS::Lambda::Function", name) for name in names}
        place = Place("here", "us-east-1", lambda _service: functions)
        stack = Stack("premiums", place, "CREATE_COMPLETE", {}, {}, resources)
        monkeypatch.setattr(trace, "chosen", lambda _options: stack)
        parser = ArgumentParser()
        trace.add_options(parser)
        assert trace.run(parser.parse_args([str(request), "--since", since], Namespace())) == 0
        return capsys.readouterr().out.splitlines()

    return run


def line(message: str, service: str, *, id: UUID = ID, **more: Any) -> dict[str, Any]:
    return {
        "level": "INFO",
        "location": "work:7",
        "message": message,
        "service": service,
        "cold_start": False,
        "function_request_id": f"invocation-of-{service}",
        "correlation_id": str(id),
        **more,
    }


def test_lines_of_all_services_are_told_in_the_order_of_time(
    functions: Functions, shown: Any
) -> None:
    functions.log("SalesFunction", 1_500, line("premium followed up", "sales"))
    functions.log("ApiFunction", 0, line("payment submitted", "payments"))
    functions.log("ApiFunction", 250, line("call failed", "payments", level="WARNING", kind="Lost"))
    functions.log("ApiFunction", 100, line("payment submitted", "payments", id=uuid4()))

    head, about, empty, *story = shown()

    assert head == "premiums in here"
    assert about == f"request {ID}, from 2026-11-18 11:06:40.000+00:00"
    assert empty == ""
    assert story == [
        "    0.000 s  payments  ApiFunction    payment submitted",
        "    0.250 s  payments  ApiFunction    WARNING: call failed (kind Lost)",
        "    1.500 s  sales     SalesFunction  premium followed up",
    ]


def test_the_time_is_when_a_line_was_written_and_not_when_it_reached_the_log(
    functions: Functions, shown: Any
) -> None:
    logged = {"timestamp": "2026-11-18 12:06:40,250+0100"}
    counted = {"_aws": {"Timestamp": BEGIN + 500, "CloudWatchMetrics": []}}
    functions.log("ApiFunction", 2_000, line("payment submitted", "payments", **logged))
    functions.log("ApiFunction", 2_000, line("payment accepted", "payments", **counted))

    _, about, _, *story = shown()

    assert about.endswith("from 2026-11-18 11:06:40.250+00:00")
    assert [each.split()[0] for each in story] == ["0.000", "0.250"]


def test_an_error_is_told_by_the_last_line_of_its_traceback(
    functions: Functions, shown: Any
) -> None:
    traceback = "Traceback (most recent call last):\n  File ...\nUnavailable: no answer"
    failed = line("a message failed", "sales", exception=traceback, exception_name="Unavailable")
    functions.log("SalesFunction", 0, failed | {"stack_trace": {"frames": []}, "receive_count": 2})

    assert shown()[-1].endswith("a message failed: Unavailable: no answer (receive_count 2)")


def test_a_metrics_line_is_told_as_what_it_counts_with_the_time_that_it_took(
    functions: Functions, shown: Any
) -> None:
    metrics = [
        {"Name": "PaymentsCompleted", "Unit": "Count"},
        {"Name": "TimeToCompletion", "Unit": "Milliseconds"},
    ]
    told = {
        "_aws": {"Timestamp": BEGIN, "CloudWatchMetrics": [{"Metrics": metrics}]},
        "service": "payments",
        "message": "payment completed",
        "correlation_id": str(ID),
        "PaymentsCompleted": [1.0],
        "TimeToCompletion": [1234.5],
    }
    functions.log("OutcomesFunction", 0, told)

    assert shown()[-1].endswith("payment completed (TimeToCompletion 1234 ms)")


def test_what_lambda_says_of_an_invocation_is_told_but_not_what_others_logged_in_it(
    functions: Functions, shown: Any
) -> None:
    invocation = "invocation-of-sales"
    functions.log("SalesFunction", 0, f"START RequestId: {invocation} Version: 1")
    functions.log("SalesFunction", 10, line("a message is begun", "sales"))
    functions.log("SalesFunction", 20, line("a message is begun", "sales", id=uuid4()))
    functions.log("SalesFunction", 30, f"2026 {invocation} Task timed out after 30.00 seconds")
    functions.log("SalesFunction", 31, f"END RequestId: {invocation}")
    functions.log("SalesFunction", 31, f"REPORT RequestId: {invocation}\tStatus: timeout")

    _, _, _, *story = shown()

    assert [each.split("SalesFunction  ")[1] for each in story] == [
        "a message is begun",
        f"2026 {invocation} Task timed out after 30.00 seconds",
    ]
    assert "sales" in story[1]


def test_what_audit_has_kept_is_told_too(functions: Functions, shown: Any) -> None:
    functions.log("ApiFunction", 0, line("payment submitted", "payments"))
    reported = {"requestId": str(ID), "service": "sales", "status": "failed", "detail": "late"}
    functions.audit["events"] = [
        {
            "time": "2026-11-18T11:06:41.5+00:00",
            "source": "sales",
            "type": "step.reported.v1",
            "data": reported,
        }
    ]

    assert shown()[-1] == (
        "    1.500 s  sales    step.reported.v1 (service sales, status failed, detail late)"
    )


def test_an_audit_that_fails_is_said_to(functions: Functions, shown: Any) -> None:
    functions.log("ApiFunction", 0, line("payment submitted", "payments"))
    functions.audit |= {"events": ["unread"], "errorMessage": "no table"}
    functions.error = {"FunctionError": "Unhandled"}

    with pytest.raises(Failed, match="AuditTrailFunction: no table"):
        shown()


def test_of_an_unknown_request_it_is_said_where_and_how_far_back_was_looked(
    functions: Functions, shown: Any
) -> None:
    functions.log("ApiFunction", 0, line("payment submitted", "payments"))
    unknown = uuid4()

    with pytest.raises(Failed, match=f"premiums in here has logged nothing .*{unknown}"):
        shown(unknown)


def test_it_looks_no_further_back_than_asked(functions: Functions, shown: Any) -> None:
    functions.log("ApiFunction", -10 * 365 * 24 * 3_600_000, line("payment submitted", "payments"))

    with pytest.raises(Failed, match="SINCE=7d"):
        shown(since="1s")


def test_what_is_no_request_id_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    parser = ArgumentParser()
    trace.add_options(parser)

    with pytest.raises(SystemExit):
        parser.parse_args(["P-1"])
    assert "invalid UUID value: 'P-1'" in capsys.readouterr().err
