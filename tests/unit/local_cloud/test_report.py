"""The lines that Lambda writes into a function's log."""

import json

from local.localstack_plugin import report


def test_an_invocation_is_reported_with_time_and_memory() -> None:
    lines = report.end_lines(
        "id", milliseconds=12.341, memory_mb=256, used_mb=71, init_milliseconds=100.0
    )

    assert lines == (
        "END RequestId: id\n"
        "REPORT RequestId: id\tDuration: 12.34 ms\tBilled Duration: 113 ms\tMemory Size: 256 MB"
        "\tMax Memory Used: 71 MB\tInit Duration: 100.00 ms\n"
    )


def test_a_time_out_is_a_status_and_a_line_of_its_own() -> None:
    failure = report.timed_out("id", 3)

    lines = report.end_lines("id", milliseconds=3000, memory_mb=128, used_mb=40, failure=failure)

    assert lines == (
        "id Task timed out after 3.00 seconds\n\n"
        "END RequestId: id\n"
        "REPORT RequestId: id\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB"
        "\tMax Memory Used: 40 MB\tStatus: timeout\n"
    )
    assert json.loads(failure.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: id Error: Task timed out after 3.00 seconds",
    }


def test_an_end_of_the_process_is_an_error_of_its_type() -> None:
    lines = report.end_lines(
        "id", milliseconds=1, memory_mb=128, used_mb=40, failure=report.exited("id", -9)
    )

    assert lines.startswith("RequestId: id Error: Runtime exited with error: signal: killed\n")
    assert lines.endswith("\tStatus: error\tError Type: Runtime.ExitError\n")


def test_an_exception_of_the_handler_leaves_the_report_as_it_is() -> None:
    failure = report.raised(b'{"errorType": "ValueError"}', at_import=False)

    lines = report.end_lines("id", milliseconds=1, memory_mb=128, used_mb=40, failure=failure)

    assert lines.endswith("\tMax Memory Used: 40 MB\n")
    assert not failure.is_fatal


def test_an_exception_at_import_is_reported_for_the_init_phase() -> None:
    failure = report.raised(b'{"errorType": "Runtime.ImportModuleError"}', at_import=True)

    assert report.init_report_line(80.5, failure) == (
        "INIT_REPORT Init Duration: 80.50 ms\tPhase: init\tStatus: error"
        "\tError Type: Runtime.ImportModuleError\n"
    )
    assert failure.is_fatal


def test_an_error_that_is_no_json_has_a_type_all_the_same() -> None:
    for body in (b"oops", b"[]", b"{}", b"null"):
        assert report.raised(body, at_import=False).error_type == "Unhandled"
