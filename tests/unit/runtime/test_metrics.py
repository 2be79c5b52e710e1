"""Metrics in CloudWatch's embedded metric format, which Lambda's log is read for."""

from datetime import timedelta
from uuid import uuid4

import pytest

from runtime.metrics import emit
from tests.lines import Line, parsed


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "stack")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "payments")
    return monkeypatch


def line(output: pytest.CaptureFixture[str]) -> Line:
    (found,) = parsed(output.readouterr().out)
    return found


def test_a_count_is_one_of_the_stack_and_the_service(capsys: pytest.CaptureFixture[str]) -> None:
    emit("payment accepted", uuid4(), ["PaymentsAccepted"])

    found = line(capsys)
    (directive,) = found["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "stack",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": "PaymentsAccepted", "Unit": "Count"}],
    }
    assert (found["service"], found["PaymentsAccepted"]) == ("payments", [1])


def test_a_count_by_something_is_one_of_the_service_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    emit("step done", uuid4(), ["StepsDone"], by={"step": "sales"})

    found = line(capsys)
    (directive,) = found["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["service"], ["service", "step"]]
    assert found["step"] == "sales"


def test_a_duration_is_in_milliseconds(capsys: pytest.CaptureFixture[str]) -> None:
    emit("payment completed", uuid4(), [], durations={"Took": timedelta(seconds=1.5)})

    found = line(capsys)
    (directive,) = found["_aws"]["CloudWatchMetrics"]
    assert directive["Metrics"] == [{"Name": "Took", "Unit": "Milliseconds"}]
    assert found["Took"] == [1500]


def test_the_line_is_found_by_the_request_which_is_no_dimension(
    capsys: pytest.CaptureFixture[str],
) -> None:
    request_id = uuid4()

    emit("step failed", request_id, ["StepsFailed"], detail="no such address", hint=None)

    found = line(capsys)
    told = ("step failed", str(request_id), "no such address")
    assert (found["message"], found["correlation_id"], found["detail"]) == told
    assert "hint" not in found
    (directive,) = found["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["service"]]


def test_a_function_that_is_told_no_namespace_does_not_fail(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("POWERTOOLS_METRICS_NAMESPACE")

    emit("payment accepted", uuid4(), ["PaymentsAccepted"])

    assert line(capsys)["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "premiums"
