"""The README's commands that compare the variants, as they are written there."""

import re
import subprocess

import pytest

from local.paths import ROOT

COMMANDS = re.findall(
    r"^make (?:cost|simulate)\b.*$", (ROOT / "README.md").read_text(), re.MULTILINE
)


def test_the_readme_names_both() -> None:
    assert {command.split()[1] for command in COMMANDS} == {"cost", "simulate"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_works(command: str) -> None:
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "decouple" in done.stdout


def test_make_hands_every_option_on() -> None:
    options = "VARIANT=decouple REGION=eu-central-1 ARCHITECTURE=x86_64 BATCH=10 POLLS=2"
    command = f"make cost {options} GATEWAY=http PAYMENTS=5000000"
    printed = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    for expected in ("eu-central-1", "x86_64", "API Gateway, HTTP", "3,000,000", "5,000,000"):
        assert expected in printed
    assert "10 messages at once" in printed
