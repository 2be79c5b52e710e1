from local.bench.cold_start import ColdStart, read_report
from local.localstack_plugin.report import end_lines


def test_the_report_of_a_cold_start_tells_init_and_first_call() -> None:
    log = "START RequestId: 1 Version: $LATEST\n" + end_lines(
        "1", milliseconds=12.5, memory_mb=512, used_mb=70, init_milliseconds=301.25
    )
    assert read_report(log) == ColdStart(init=301.25, first_call=12.5)


def test_a_warm_call_is_no_cold_start() -> None:
    assert read_report(end_lines("1", milliseconds=12.5, memory_mb=512, used_mb=70)) is None
