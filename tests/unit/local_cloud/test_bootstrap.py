"""local/bootstrap.sh with a uv and Pythons that only write down what was asked of them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.paths import ROOT

_TOOLS = ["cat", "cksum", "date", "dirname", "ln", "ls", "mkdir", "readlink", "rm", "sh", "sleep"]
_ENVIRONMENTS = ["dev", "sam", "localstack", "lambda"]

_UV = """#!/bin/sh
# The target of `venv` and `pip` is their argument after --python or the last one.
echo "$*" >>"$FAKES/uv.log"
case "$1 $2" in
    "venv "*)
        for folder; do :; done
        mkdir -p "$folder/bin" && ln -sf "$FAKES/python3.13" "$folder/bin/python" ;;
    "pip sync") [ ! -e "$FAKES/index-is-down" ] ;;
    "python find")
        [ -e "$FAKES/managed" ] || exit 1
        case $* in *--quiet*) ;; *) echo "$FAKES/managed" ;; esac ;;
    "python install") [ -e "$FAKES/downloads" ] && ln -s python3.13 "$FAKES/managed" ;;
esac
"""
_PYTHON_3_13 = """#!/bin/sh
echo "$0"
"""
_PYTHON_3_9 = """#!/bin/sh
# True of an older Python is only that it can make a venv.
case "$1 $2" in
    "-c "*"(3, 9)"*) echo "$0" ;;
    "-m venv") mkdir -p "$3/bin" && ln -s "$0" "$3/bin/python" ;;
    "-m pip") echo "pip $*" >>"$FAKES/pip.log" && ln -s "$FAKES/uv-wheel" "${0%python}uv" ;;
    *) exit 1 ;;
esac
"""
_BROKEN_SHIM = """#!/bin/sh
echo "pyenv: $0: command not found" >&2
exit 127
"""


class Checkout:
    """A checkout of the real script and made-up requirements, on a machine of our making."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a checkout"
        self.fakes = folder / "machine"
        (self.root / "local").mkdir(parents=True)
        (self.root / "requirements").mkdir()
        self.fakes.mkdir()
        shutil.copy(ROOT / "local" / "bootstrap.sh", self.root / "local")
        for environment in [*_ENVIRONMENTS, "uv"]:
            self.write(f"requirements/{environment}.txt", f"{environment}==1\n")
        for tool in _TOOLS:
            self.fakes.joinpath(tool).symlink_to(shutil.which(tool) or tool)

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def has(self, program: str, text: str) -> Path:
        """Puts a program on the machine's PATH."""
        path = self.fakes / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def start(self, *environments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.root / "local" / "bootstrap.sh", *environments],
            env={"PATH": str(self.fakes), "HOME": str(self.fakes), "FAKES": str(self.fakes)},
            stderr=subprocess.PIPE,
            text=True,
        )

    def bootstrap(self, *environments: str) -> tuple[int, list[str]]:
        """Runs the script: its status and the lines it wrote."""
        process = self.start(*environments)
        _, errors = process.communicate(timeout=30)
        return process.returncode, errors.splitlines()

    def calls(self, program: str = "uv") -> list[str]:
        """What was asked of the program since the last look."""
        log = self.fakes / f"{program}.log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    def made(self) -> list[str]:
        """The environments that were made since the last look."""
        return [call.split()[-1] for call in self.calls() if call.startswith("venv")]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    checkout = Checkout(tmp_path)
    checkout.has("uv", _UV)
    checkout.has("python3.13", _PYTHON_3_13)
    return checkout


def test_makes_every_environment_from_hashed_requirements(checkout: Checkout) -> None:
    status, lines = checkout.bootstrap()

    assert status == 0
    made = [line for line in lines if "made the environment" in line]
    assert [line.split("'")[1] for line in made] == ["uv", *_ENVIRONMENTS]
    synced = [call for call in checkout.calls() if call.startswith("pip sync")]
    assert [call.split()[-1] for call in synced] == [
        f"requirements/{environment}.txt" for environment in _ENVIRONMENTS
    ]
    assert all("--require-hashes" in call for call in synced)


def test_a_second_call_does_and_says_nothing(checkout: Checkout) -> None:
    checkout.bootstrap()
    checkout.calls()

    assert checkout.bootstrap() == (0, [])
    assert checkout.calls() == []


def test_makes_only_what_is_asked_for(checkout: Checkout) -> None:
    checkout.bootstrap("dev", "sam")

    assert checkout.made() == [".venv", ".local/env/sam"]


def test_makes_anew_only_what_has_other_requirements(checkout: Checkout) -> None:
    checkout.bootstrap()
    checkout.calls()

    checkout.write("requirements/sam.txt", "sam==2\n")

    checkout.bootstrap()
    assert checkout.made() == [".local/env/sam"]


def test_makes_anew_what_was_interrupted(checkout: Checkout) -> None:
    (checkout.fakes / "index-is-down").touch()
    status, lines = checkout.bootstrap("dev")
    assert status == 1
    assert lines[-1] == "set-up: could not make the environment 'dev' in .venv"
    checkout.calls()

    (checkout.fakes / "index-is-down").unlink()

    assert checkout.bootstrap("dev")[0] == 0
    assert checkout.made() == [".venv"]


def test_makes_everything_anew_after_a_move(checkout: Checkout) -> None:
    checkout.bootstrap("dev")
    checkout.calls()

    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))

    checkout.bootstrap("dev")
    assert checkout.made() == [".venv"]


def test_makes_an_environment_anew_whose_python_is_gone(checkout: Checkout) -> None:
    checkout.bootstrap("dev")
    checkout.calls()

    (checkout.fakes / "python3.13").rename(checkout.fakes / "python3")

    checkout.bootstrap("dev")
    assert checkout.made() == [".venv"]


def test_two_at_once_make_each_environment_once(checkout: Checkout) -> None:
    both = [checkout.start(), checkout.start()]

    for process in both:
        process.communicate(timeout=30)
    assert [process.returncode for process in both] == [0, 0]
    assert len(checkout.made()) == len(_ENVIRONMENTS)


def test_takes_over_the_lock_of_a_dead_process(checkout: Checkout) -> None:
    with subprocess.Popen(["true"]) as dead:
        dead.wait()
    lock = checkout.root / ".local/env/lock"
    lock.parent.mkdir(parents=True)
    lock.symlink_to(str(dead.pid))

    assert checkout.bootstrap("dev")[0] == 0
    assert not lock.is_symlink()


def test_waits_for_a_living_process(checkout: Checkout) -> None:
    lock = checkout.root / ".local/env/lock"
    lock.parent.mkdir(parents=True)
    lock.symlink_to(str(os.getpid()))

    process = checkout.start("dev")
    assert process.stderr is not None
    assert f"waiting for another set-up (process {os.getpid()})" in process.stderr.readline()
    assert checkout.made() == []

    lock.unlink()
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert checkout.made() == [".venv"]


def test_installs_the_plug_in_into_localstacks_environment(checkout: Checkout) -> None:
    checkout.bootstrap()
    assert not [call for call in checkout.calls() if "--editable" in call]

    checkout.write("local/localstack_plugin/pyproject.toml", "[project]\n")

    checkout.bootstrap()
    (installed,) = [call for call in checkout.calls() if "--editable" in call]
    assert "--no-deps" in installed
    assert "--python .local/env/localstack " in installed


def test_passes_over_a_shim_that_does_not_run(checkout: Checkout) -> None:
    checkout.has("python3.13", _BROKEN_SHIM)
    checkout.has("python3", _BROKEN_SHIM)
    python = checkout.has(".pyenv/versions/3.13.0/bin/python3.13", _PYTHON_3_13)

    assert checkout.bootstrap("dev")[0] == 0
    (call,) = [call for call in checkout.calls() if call.startswith("venv")]
    assert f"--python {python} " in call


def test_has_uv_install_python_when_there_is_none(checkout: Checkout) -> None:
    checkout.has("python3", _PYTHON_3_9)
    checkout.has("python3.13", _BROKEN_SHIM)
    (checkout.fakes / "downloads").touch()

    assert checkout.bootstrap("dev")[0] == 0
    (call,) = [call for call in checkout.calls() if call.startswith("venv")]
    assert f"--python {checkout.fakes}/managed " in call


def test_says_in_one_line_what_to_do_when_there_is_no_python_3_13(checkout: Checkout) -> None:
    checkout.has("python3.13", _BROKEN_SHIM)
    checkout.bootstrap("uv")

    status, lines = checkout.bootstrap("dev")

    assert status == 1
    (line,) = lines
    assert "Python 3.13 was not found" in line
    assert "install it" in line


def test_brings_uv_with_any_python_3_when_there_is_none(checkout: Checkout) -> None:
    (checkout.fakes / "uv").rename(checkout.fakes / "uv-wheel")
    checkout.has("python3", _PYTHON_3_9)
    (checkout.fakes / "python3.13").rename(checkout.fakes / "managed")

    assert checkout.bootstrap("dev")[0] == 0
    (call,) = checkout.calls("pip")
    assert "--require-hashes -r requirements/uv.txt" in call
    assert checkout.made() == [".venv"]


def test_says_what_to_do_when_there_is_neither_uv_nor_python(checkout: Checkout) -> None:
    (checkout.fakes / "uv").unlink()
    (checkout.fakes / "python3.13").unlink()

    status, lines = checkout.bootstrap("dev")

    assert status == 1
    assert "install uv" in lines[0]


def test_refuses_an_environment_it_does_not_know(checkout: Checkout) -> None:
    status, lines = checkout.bootstrap("prod")

    assert status == 1
    assert lines == ["set-up: there is no environment 'prod', but dev, sam, localstack and lambda"]
