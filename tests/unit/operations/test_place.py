"""Which account, or which cloud, a command works on is never guessed."""

from argparse import Namespace
from pathlib import Path

import pytest

from operations import command_line
from operations.confirm import confirmed
from operations.errors import Failed
from operations.place import Place, places


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No profile, no credentials, no region."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_without_a_region_nothing_is_done() -> None:
    with pytest.raises(Failed, match="which region"):
        Place.aws(None)


def test_without_credentials_it_is_said_how_to_get_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")

    with pytest.raises(Failed, match="aws sso login"):
        Place.aws(None)


def test_a_profile_that_does_not_exist_is_named() -> None:
    with pytest.raises(Failed, match="nonsense"):
        Place.aws("nonsense")


def test_a_profile_is_none_of_the_local_cloud() -> None:
    with pytest.raises(Failed, match="either PROFILE or LOCAL=1"):
        next(places("production", local=True))


def test_stacks_are_named_after_their_variants_in_an_account_shared_with_others() -> None:
    place = Place("AWS account 123456789012", "eu-central-1", lambda _: None)

    assert place.stack_name("decouple") == "premiums-decouple"


@pytest.mark.parametrize("command", ["delete", "logs", "redrive"])
def test_a_command_without_a_stack_asks_which(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.execute([command]) == 1

    assert "Name a VARIANT" in capsys.readouterr().err


def test_a_failure_is_told_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.execute(["deploy", "--variant", "decouple", "--local"]) == 1

    assert capsys.readouterr().err == "make run deploys to a local cloud\n"


@pytest.mark.parametrize(
    ("answer", "yes"), [("y", True), ("YES", True), ("", False), ("n", False), ("yo", False)]
)
def test_only_a_yes_is_one(monkeypatch: pytest.MonkeyPatch, answer: str, yes: bool) -> None:
    monkeypatch.setattr("builtins.input", lambda _: answer)

    assert confirmed(Namespace(yes=False), "Delete it?") is yes


def test_where_nobody_can_answer_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_there(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody_there)

    with pytest.raises(Failed, match="YES=1"):
        confirmed(Namespace(yes=False), "Delete it?")
    assert confirmed(Namespace(yes=True), "Delete it?")
