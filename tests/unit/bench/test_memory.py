import pytest

from local.bench.memory import role


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (
            "python -I -S /clone/local/servers/guard.py SIGTERM 3.0 localstack.runtime.main",
            "guards",
        ),
        ("/clone/.local/env/localstack/bin/python -m localstack.runtime.main", "LocalStack"),
        (
            "/clone/.local/env/lambda/bin/python -P"
            " /clone/local/localstack_plugin/function_process.py sales.consumer.handler",
            "functions",
        ),
        ("postgres: postgres decouple 127.0.0.1(5432) idle", "PostgreSQL"),
        ("/clone/.local/env/sam/bin/python /clone/.local/env/sam/bin/sam deploy", "SAM"),
        (".venv/bin/python -m local run decouple --once", "client"),
        ("make run ONCE=1", "make and set-up"),
    ],
)
def test_a_process_is_told_by_its_command_line(command: str, name: str) -> None:
    assert role(command.split()) == name
