"""What `make deploy` looks up before it changes anything."""

from pathlib import Path
from typing import Any

import pytest

from local.templates import read
from local.variants import VARIANTS, Variant
from operations import checks
from operations.errors import Failed
from operations.place import Place
from operations.stack import Stack

DECLARED = {
    "TokenIssuer": {"Type": "String"},
    "Sender": {"Type": "String"},
    "Architecture": {"Type": "String", "Default": "arm64"},
    "LogRetentionDays": {"Type": "Number", "Default": 30},
}
X86_64, AARCH64 = 62, 183


class Account:
    """The answers of API Gateway and Amazon SES."""

    def __init__(self, *, role: str | None = None, **identities: str) -> None:
        self._role = {"cloudwatchRoleArn": role} if role else {}
        self._identities = identities

    def get_account(self) -> dict[str, str]:
        return self._role

    def get_identity_verification_attributes(self, *, Identities: list[str]) -> dict[str, Any]:
        known = {name: {"VerificationStatus": status} for name, status in self._identities.items()}
        return {"VerificationAttributes": {n: known[n] for n in Identities if n in known}}


def place(**account: str) -> Place:
    """An account where API Gateway has a role to log with, and SES identities a status."""
    return Place("AWS account 123456789012", "eu-central-1", lambda _: Account(**account))


def stack(status: str) -> Stack:
    return Stack("premiums-decouple", place(), status, {}, {}, {})


def parameters(**changes: str) -> dict[str, str]:
    return {"Architecture": "arm64", "AccessLogs": "false"} | changes


def module(folder: Path, machine: int) -> None:
    """A compiled one, of which the header is enough."""
    folder.mkdir(parents=True, exist_ok=True)
    header = b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + machine.to_bytes(2, "little")
    (folder / f"module-{machine}.cpython-313-linux-gnu.so").write_bytes(header)


def test_what_is_not_given_stays_as_it_is_and_is_the_default_in_a_new_stack() -> None:
    given = {"TokenIssuer": "https://new.example", "Sender": "ada@example.com"}

    assert checks.effective(DECLARED, {}, given) == {
        **given,
        "Architecture": "arm64",
        "LogRetentionDays": "30",
    }
    present = {"TokenIssuer": "https://old.example", "LogRetentionDays": "7", "Gone": "yes"}
    assert checks.effective(DECLARED, present, given) == {
        **given,
        "Architecture": "arm64",
        "LogRetentionDays": "7",
    }


def test_a_parameter_that_the_template_does_not_have_is_refused() -> None:
    with pytest.raises(Failed, match="no parameter TokenIsuer, but Architecture"):
        checks.effective(DECLARED, {}, {"TokenIsuer": "https://issuer.example"})


def test_a_new_stack_needs_every_parameter_that_has_no_default() -> None:
    with pytest.raises(Failed, match=r"needs PARAMETERS for Sender, TokenIssuer$"):
        checks.effective(DECLARED, {}, {})


def test_parameters_are_names_and_values() -> None:
    decouple = VARIANTS["decouple"]

    assert checks.given(["A=1", "Url=https://x.example/?a=b", "Empty="], decouple) == {
        "A": "1",
        "Url": "https://x.example/?a=b",
        "Empty": "",
    }
    with pytest.raises(Failed, match=r"and not Sender$"):
        checks.given(["A=1", "Sender"], decouple)


def test_a_variant_brings_what_makes_it_one() -> None:
    single = VARIANTS["apigw-single"]

    assert checks.given(["Sender=x"], single) == {"Sender": "x", "Topology": "single"}
    with pytest.raises(Failed, match="name another VARIANT"):
        checks.given(["Topology=multiple"], single)


def test_a_release_is_another_for_another_template_layer_or_parameter(tmp_path: Path) -> None:
    template, requirements = tmp_path / "template.yaml", tmp_path / "layer.txt"
    template.write_text("Resources: {}")
    requirements.write_text("pydantic==2.0")

    def release(**parameters: str) -> str:
        return checks.release(tmp_path, tmp_path, parameters)

    first = release(TokenAudience="payments")
    assert release(TokenAudience="payments", Release="1") == first
    others = {release(TokenAudience="other")}
    template.write_text("Resources: {Timeout: 20}")
    others.add(release(TokenAudience="payments"))
    requirements.write_text("pydantic==2.1")
    others.add(release(TokenAudience="payments"))
    assert len(others | {first}) == 4


def test_layers_for_another_processor_are_an_obstacle(tmp_path: Path) -> None:
    module(tmp_path / "ServicesLayer" / "python" / "psycopg_binary", X86_64)
    module(tmp_path / "AuthorizerLayer" / "python", AARCH64)

    (obstacle,) = checks.obstacles(place(), None, tmp_path, parameters())

    assert obstacle.startswith("ServicesLayer is built for x86_64, and not for arm64")
    assert "LAYER_PLATFORM=aarch64-manylinux_2_28" in obstacle
    (other,) = checks.obstacles(place(), None, tmp_path, parameters(Architecture="x86_64"))
    assert other.startswith("AuthorizerLayer is built for arm64, and not for x86_64")


def test_access_logs_need_the_role_of_the_regions_account(tmp_path: Path) -> None:
    logging = parameters(AccessLogs="true")
    role = "arn:aws:iam::123456789012:role/gateway-logs"

    (obstacle,) = checks.obstacles(place(), None, tmp_path, logging)
    assert "has none" in obstacle
    assert list(checks.obstacles(place(role=role), None, tmp_path, logging)) == []


@pytest.mark.parametrize(
    ("status", "obstacles"),
    [("CREATE_COMPLETE", 0), ("UPDATE_ROLLBACK_COMPLETE", 0), ("ROLLBACK_COMPLETE", 1)],
)
def test_a_stack_whose_creation_failed_cannot_be_changed(
    tmp_path: Path, status: str, obstacles: int
) -> None:
    found = list(checks.obstacles(place(), stack(status), tmp_path, parameters()))

    assert len(found) == obstacles


@pytest.mark.parametrize(
    ("sender", "identity", "warning"),
    [
        ("ada@good.example", "good.example", None),
        ("ada@mail.good.example", "good.example", None),
        ("ada@good.example", "ada@good.example", None),
        ("ada@notgood.example", "good.example", "does not belong"),
        ("ada@good.example", "other.example", "does not belong"),
        ("ada@new.example", "new.example", "not verified"),
        ("ada@unknown.example", "unknown.example", "not verified"),
    ],
)
def test_a_sender_that_cannot_send_is_worth_a_warning(
    sender: str, identity: str, warning: str | None
) -> None:
    account = place(
        **dict.fromkeys(("good.example", "ada@good.example", "other.example"), "Success"),
        **{"new.example": "Pending"},
    )

    found = list(checks.sender(account, sender, identity))

    if warning:
        assert [warning in each for each in found] == [True]
    else:
        assert found == []


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_every_template_has_the_parameters_that_are_looked_at(variant: Variant) -> None:
    declared = read(variant.template)["Parameters"]

    assert {"Architecture", "AccessLogs", "TokenJwksUrl", *variant.parameters} <= declared.keys()
    assert ("SenderIdentity" in declared) == ("Sender" in declared)
