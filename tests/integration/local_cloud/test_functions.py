"""Functions run as on Lambda: what they see, how they fail, what is reported."""

import os
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.eventually import eventually
from tests.integration.local_cloud.conftest import ROLE, Function, zipped

type MakeFunction = Callable[..., Function]

REPORT = re.compile(
    r"REPORT RequestId: [0-9a-f-]{36}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms"
    r"\tMemory Size: 256 MB\tMax Memory Used: (\d+) MB(.*)\n"
)


def test_a_function_answers_and_its_log_has_the_lines_of_lambda(
    make_function: MakeFunction,
) -> None:
    function = make_function("def handler(event, context): print('seen'); return event")

    first, second = function.invoke({"a": 1}), function.invoke([2])

    assert (first.payload, second.payload) == ({"a": 1}, [2])
    assert re.match(r"START RequestId: \S+ Version: \$LATEST\nseen\nEND RequestId: ", first.log)
    report = REPORT.search(first.log)
    assert report
    assert "Init Duration" in report[2]
    assert "Init Duration" not in second.log


def test_a_long_log_is_followed_by_the_next_one(make_function: MakeFunction) -> None:
    function = make_function("def handler(event, context): print('x' * event)")
    function.invoke(2_000_000)

    assert "\nxxx\nEND" in function.invoke(3).log


def test_the_log_reaches_cloudwatch(cloud: Cloud, make_function: MakeFunction) -> None:
    function = make_function("def handler(event, context): print('written', event)")
    function.invoke("here")
    logs = cloud.client("logs")

    def lines() -> list[str]:
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function.name}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]

    assert "written here\n" in eventually(lines, "log events")


def test_a_function_sees_the_environment_of_lambda(make_function: MakeFunction) -> None:
    function = make_function(
        """
        import os, sys
        def handler(event, context):
            return {
                "environment": dict(os.environ),
                "path": sys.path,
                "python": list(sys.version_info[:2]),
                "input": sys.stdin.read(),
                "left": context.get_remaining_time_in_millis(),
                "arn": context.invoked_function_arn,
                "memory": context.memory_limit_in_mb,
            }
        """,
        Environment={"Variables": {"COLOUR": "blue"}},
        Timeout=7,
    )

    seen = function.invoke().payload

    environment = seen["environment"]
    assert environment["COLOUR"] == "blue"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == function.name
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert seen["path"][0] == environment["LAMBDA_TASK_ROOT"]
    assert not any("localstack" in part and "env" in part for part in seen["path"])
    assert (seen["python"], seen["input"], seen["arn"]) == ([3, 13], "", function.arn)
    assert 6000 < seen["left"] <= 7000
    assert seen["memory"] == "256"


def test_the_last_layer_wins(cloud: Cloud, make_function: MakeFunction) -> None:
    client = cloud.client("lambda")

    def layer(text: str, only: str) -> str:
        content = zipped({"python/shared.py": f"TEXT = {text!r}", f"python/{only}.py": ""})
        published = client.publish_layer_version(
            LayerName=f"test-{uuid4()}", Content={"ZipFile": content}
        )
        return str(published["LayerVersionArn"])

    function = make_function(
        "import first, second, shared\ndef handler(event, context): return shared.TEXT",
        Layers=[layer("one", "first"), layer("two", "second")],
    )

    assert function.invoke().payload == "two"


def test_a_function_that_runs_out_of_time_is_killed(make_function: MakeFunction) -> None:
    function = make_function(
        """
        import os, time
        def handler(event, context):
            if event == "loop":
                while True: pass
            return os.getpid()
        """,
        Timeout=1,
    )
    process = function.invoke().payload

    late = function.invoke("loop")

    assert late.error == "Unhandled"
    assert late.payload["errorType"] == "Sandbox.Timedout"
    assert late.payload["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert "Task timed out after 1.00 seconds" in late.log
    assert "\tStatus: timeout\n" in late.log
    assert not psutil.pid_exists(process)
    assert function.invoke().payload != process


def test_an_exception_leaves_the_process_alive(make_function: MakeFunction) -> None:
    function = make_function(
        """
        import os
        def handler(event, context):
            if event: raise ValueError("no good")
            return os.getpid()
        """
    )
    process = function.invoke().payload

    failed = function.invoke("fail")

    assert failed.error == "Unhandled"
    assert failed.payload["errorType"] == "ValueError"
    assert failed.payload["errorMessage"] == "no good"
    assert "[ERROR] ValueError: no good" in failed.log
    assert function.invoke().payload == process


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os._exit(3)", "Runtime exited with error: exit status 3"),
        ("import os; os._exit(0)", "Runtime exited without providing a reason"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            "Runtime exited with error: signal: segmentation fault",
        ),
    ],
    ids=["exit status", "clean exit", "signal"],
)
def test_a_process_that_ends_is_reported_and_replaced(
    make_function: MakeFunction, code: str, said: str
) -> None:
    function = make_function(
        f"def handler(event, context):\n    if event == 'end':\n        {code}\n    return 'well'"
    )

    ended = function.invoke("end")

    assert ended.payload["errorType"] == "Runtime.ExitError"
    assert ended.payload["errorMessage"].endswith(said)
    assert said in ended.log
    assert "\tStatus: error\tError Type: Runtime.ExitError\n" in ended.log
    assert function.invoke().payload == "well"


def test_a_function_that_cannot_be_imported_says_why_each_time(
    make_function: MakeFunction,
) -> None:
    function = make_function("import nowhere")

    for _ in range(2):
        failed = function.invoke()

        assert failed.error == "Unhandled"
        assert failed.payload["errorType"] == "Runtime.ImportModuleError"
        assert "No module named 'nowhere'" in failed.payload["errorMessage"]
        assert re.search(
            r"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error"
            r"\tError Type: Runtime.ImportModuleError\n",
            failed.log,
        )


def test_a_response_over_six_megabytes_is_refused(make_function: MakeFunction) -> None:
    function = make_function("def handler(event, context): return 'x' * event")

    assert len(function.invoke(6_000_000).payload) == 6_000_000
    too_much = function.invoke(6_300_000)

    assert too_much.payload["errorType"] == "Function.ResponseSizeTooLarge"
    assert function.invoke(1).payload == "x"


def test_the_most_memory_used_is_reported(make_function: MakeFunction) -> None:
    function = make_function(
        "def handler(event, context):\n    blob = bytearray(event << 20)\n    return len(blob)"
    )

    def used(event: int) -> int:
        report = REPORT.search(function.invoke(event).log)
        assert report
        return int(report[1])

    little, much, after = used(0), used(100), used(0)

    assert 5 < little < 60
    assert 100 <= much - little + 5 < 130
    assert after == much


def test_a_function_over_its_memory_is_killed(make_function: MakeFunction) -> None:
    function = make_function(
        """
        import os
        def handler(event, context):
            blob = bytearray(event << 20)
            return os.getpid()
        """,
        MemorySize=128,
    )
    process = function.invoke(1).payload

    too_much = function.invoke(400)

    assert too_much.payload["errorType"] == "Runtime.OutOfMemory"
    assert "Max Memory Used: 128 MB\tStatus: error\tError Type: Runtime.OutOfMemory" in too_much.log
    assert not psutil.pid_exists(process)
    assert function.invoke(1).error is None


def test_environments_are_as_many_as_concurrent_invocations_up_to_the_reservation(
    cloud: Cloud, make_function: MakeFunction, tmp_path: Path
) -> None:
    # Given a function whose invocations wait until two of them run
    function = make_function(
        """
        import os, pathlib, time
        def handler(event, context):
            folder = pathlib.Path(event)
            (folder / context.aws_request_id).touch()
            while len(list(folder.iterdir())) < 2:
                time.sleep(0.01)
            while (folder / "hold").exists():
                time.sleep(0.01)
            return os.getpid()
        """,
        Timeout=20,
    )
    cloud.client("lambda").put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=2
    )
    # When two run and a third comes
    hold = tmp_path / "hold"
    hold.touch()
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(function.invoke, str(tmp_path)) for _ in range(2)]
        eventually(lambda: len(list(tmp_path.iterdir())) == 3, "two invocations")
        with pytest.raises(ClientError) as refused:
            function.invoke(str(tmp_path))
        hold.unlink()
        processes = {invocation.result().payload for invocation in running}
    # Then the third is throttled
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert len(processes) == 2


def test_an_invocation_comes_to_its_end_while_the_function_is_changed(
    cloud: Cloud, make_function: MakeFunction, tmp_path: Path
) -> None:
    function = make_function(
        """
        import os, pathlib, time
        def handler(event, context):
            colour = os.environ["COLOUR"]
            if colour == "blue":
                folder = pathlib.Path(event)
                (folder / "begun").touch()
                while not (folder / "changed").exists():
                    time.sleep(0.01)
            return colour
        """,
        Timeout=20,
        Environment={"Variables": {"COLOUR": "blue"}},
    )
    client = cloud.client("lambda")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(function.invoke, str(tmp_path))
        eventually((tmp_path / "begun").exists, "the invocation has begun")

        client.update_function_configuration(
            FunctionName=function.name, Environment={"Variables": {"COLOUR": "green"}}
        )
        client.get_waiter("function_updated_v2").wait(FunctionName=function.name)
        new = function.invoke()
        (tmp_path / "changed").touch()
        old = running.result()

    assert (old.payload, old.error) == ("blue", None)
    assert new.payload == "green"


def test_each_function_has_credentials_of_its_own_in_the_same_account(
    make_function: MakeFunction,
) -> None:
    source = """
        import boto3, os
        def handler(event, context):
            identity = boto3.client("sts").get_caller_identity()
            return [identity["Account"], identity["Arn"], os.environ["AWS_ACCESS_KEY_ID"]]
    """
    one, other = make_function(source), make_function(source)

    (account, arn, key), (_, _, other_key) = one.invoke().payload, other.invoke().payload

    assert account == "000000000000"
    assert arn == f"arn:aws:sts::000000000000:assumed-role/tests/{one.name}"
    assert key != other_key


def test_a_function_leaves_the_processors_to_the_cloud_while_that_needs_them(
    make_function: MakeFunction,
) -> None:
    function = make_function(
        """
        import os
        def handler(event, context):
            return {"parent": os.getppid(), "session": os.getsid(0), "niceness": os.nice(0)}
        """
    )

    found = function.invoke({}).payload

    assert found["niceness"] > psutil.Process(found["parent"]).nice()
    # Linux shares the processors among sessions first, and only then looks at niceness.
    assert found["session"] == os.getsid(found["parent"])


def test_processes_end_with_their_function(
    cloud: Cloud, make_function: MakeFunction, tmp_path: Path
) -> None:
    client = cloud.client("lambda")
    made = client.create_function(
        FunctionName=f"test-{uuid4()}",
        Runtime="python3.13",
        Role=ROLE,
        Handler="app.handler",
        Code={"ZipFile": zipped({"app.py": "import os\ndef handler(e, c): return os.getpid()"})},
    )
    name = made["FunctionName"]
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    process = Function(name, made["FunctionArn"], client).invoke().payload
    assert psutil.pid_exists(process)

    client.delete_function(FunctionName=name)

    eventually(lambda: not psutil.pid_exists(process), "the end of the process")


def test_another_runtime_is_refused_with_a_reason(cloud: Cloud) -> None:
    client = cloud.client("lambda")
    name = f"test-{uuid4()}"
    client.create_function(
        FunctionName=name,
        Runtime="nodejs22.x",
        Role=ROLE,
        Handler="app.handler",
        Code={"ZipFile": zipped({"app.js": ""})},
    )

    def failed() -> Any:
        configuration = client.get_function(FunctionName=name)["Configuration"]
        return configuration if configuration["State"] == "Failed" else None

    reason = eventually(failed, "state Failed")["StateReason"]

    assert "the local cloud runs python3.13 functions, not nodejs22.x" in reason


def test_invocations_and_errors_are_counted_in_cloudwatch(
    cloud: Cloud, make_function: MakeFunction
) -> None:
    function = make_function("def handler(event, context): return 1 / event")
    for event in (1, 1, 0):
        function.invoke(event)
    cloudwatch = cloud.client("cloudwatch")

    def total(metric: str) -> float:
        statistics = cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": function.name}],
            StartTime=time.time() - 3600,
            EndTime=time.time() + 60,
            Period=60,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in statistics["Datapoints"]))

    eventually(lambda: total("Invocations") == 3, "three invocations")
    eventually(lambda: total("Errors") == 1, "one error")
