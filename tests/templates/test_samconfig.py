"""Every variant is an environment of SAM: `sam build --config-env <variant>`."""

import tomllib
from pathlib import PurePath
from typing import Any

import pytest

from local.paths import ROOT
from local.templates import parse, translate
from local.variants import VARIANTS, Variant

CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())
COMMANDS = {"global", "validate", "build", "deploy", "local_invoke", "local_start_api"}
"""With parameters of their own. What `logs` needs is global."""

every_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)


def parameters(variant: Variant, command: str) -> dict[str, Any]:
    found: dict[str, Any] = CONFIG[variant.name][command]["parameters"]
    return found


def test_every_variant_has_an_environment_and_nothing_else_has() -> None:
    assert {name for name, value in CONFIG.items() if isinstance(value, dict)} == set(VARIANTS)


@every_variant
def test_a_variant_is_built_and_deployed_from_its_template(variant: Variant) -> None:
    assert CONFIG[variant.name].keys() >= COMMANDS
    assert "delete" not in CONFIG[variant.name]  # SAM reads deploy's, and would ignore it
    assert parameters(variant, "global")["stack_name"] == f"premiums-{variant.name}"
    for command in ("build", "validate"):
        assert parameters(variant, command)["template_file"] == variant.template.name
    built = parameters(variant, "build")["build_dir"]
    assert parameters(variant, "deploy")["template_file"] == f"{built}/template.yaml"


def test_no_two_variants_share_a_folder() -> None:
    # SAM writes build.toml beside the build folder, and what it uploads under the prefix.
    builds = [parameters(variant, "build") for variant in VARIANTS.values()]

    assert len({PurePath(build["build_dir"]).parent for build in builds}) == len(VARIANTS)
    assert len({build["cache_dir"] for build in builds}) == len(VARIANTS)
    assert len({parameters(v, "deploy")["s3_prefix"] for v in VARIANTS.values()}) == len(VARIANTS)


@every_variant
def test_a_change_set_is_shown_before_it_is_executed(variant: Variant) -> None:
    assert parameters(variant, "deploy")["confirm_changeset"] is True


@pytest.mark.parametrize("template", sorted({v.template for v in VARIANTS.values()}))
def test_a_deployment_has_the_capabilities_that_its_template_needs(template: PurePath) -> None:
    resources = parse(translate(ROOT / template))["Resources"].values()
    needed = {"CAPABILITY_IAM"}
    if any(each["Type"] == "AWS::CloudFormation::Stack" for each in resources):
        needed.add("CAPABILITY_AUTO_EXPAND")
    # A name of one's own would need CAPABILITY_NAMED_IAM, and be another stack's as well.
    named = [each for each in resources if "RoleName" in each.get("Properties", {})]

    assert named == []
    for variant in VARIANTS.values():
        if variant.template == template:
            assert needed <= set(parameters(variant, "deploy")["capabilities"].split())
