"""Every variant is an environment of SAM: `sam build --config-env <variant>`."""

import tomllib

import pytest

from local.paths import ROOT
from local.variants import VARIANTS, Variant


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_a_variant_is_built_and_deployed_from_its_template(variant: Variant) -> None:
    environment = tomllib.loads((ROOT / "samconfig.toml").read_text())[variant.name]
    built = f".aws-sam/{variant.name}/build"

    assert environment["global"]["parameters"]["stack_name"] == f"premiums-{variant.name}"
    for command in ("build", "validate"):
        assert environment[command]["parameters"]["template_file"] == variant.template.name
    assert environment["build"]["parameters"]["build_dir"] == built
    for command in ("deploy", "local_invoke", "local_start_api"):
        assert environment[command]["parameters"]["template_file"] == f"{built}/template.yaml"
    given = environment["local_invoke"]["parameters"].get("parameter_overrides", "")
    assert given.split() == [f"{name}={value}" for name, value in variant.parameters.items()]
