"""What `sam local` needs to run a deployed stack's functions in containers: a template, and the
environment of each function.
"""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import NamedTuple

from local import sam
from local.build import ARCHITECTURE, LINUX, Build
from local.cloud import Cloud
from local.paths import ROOT, SAM, STATE
from local.servers.localstack import ACCESS_KEY, REGION, SECRET_KEY
from local.variants import Variant

_PUBLISHED = STATE / "sam"
_IMAGE = f"public.ecr.aws/lambda/python:3.13-{ARCHITECTURE}"
# SAM would give the functions the user's own, and lets a template's variables override them.
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_SESSION_TOKEN": "",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
_ISSUER = "TOKEN_ISSUER"  # compared with the tokens', and never called
_DOWNSTREAMS = "DOWNSTREAMS_PARAMETER"  # holds addresses


class Files(NamedTuple):
    template: Path
    environment: Path


def publish(cloud: Cloud, variants: Iterable[Variant]) -> None:
    """Puts their files where samconfig.toml has them, for as long as the cloud is up."""
    for variant in variants:
        files(cloud, variant)
    with suppress(FileNotFoundError):
        _PUBLISHED.unlink()
    _PUBLISHED.symlink_to(cloud.folder / _PUBLISHED.name)


def files(cloud: Cloud, variant: Variant) -> Files:
    """Those for the variant's stack; the cloud must be open to containers."""
    folder = cloud.folder / _PUBLISHED.name / variant.name
    found = Files(folder / "template.json", folder / "environment.json")
    if not found.environment.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write(cloud, variant, found)
    return found


def command(cloud: Cloud, variant: Variant, name: str, *arguments: str | Path) -> list[str | Path]:
    """`sam local <name>` for the variant's stack in this cloud, to be run with `environment()`."""
    template, environment = files(cloud, variant)
    return [
        *(SAM, "local", name, *arguments),
        # SAM would look for it beside the template.
        *("--config-file", ROOT / "samconfig.toml", "--config-env", variant.name),
        *("--template-file", template, "--env-vars", environment),
    ]


def environment() -> dict[str, str]:
    """Of SAM itself. An image that is there already is not pulled again at each call."""
    has_image = subprocess.run(["docker", "image", "inspect", _IMAGE], capture_output=True)
    skip = {"SAM_SKIP_PULL_IMAGE": "true"} if has_image.returncode == 0 else {}
    return sam.own_environment() | skip


def _write(cloud: Cloud, variant: Variant, files: Files) -> None:
    from local.sam_template import adapted  # late: it takes half a second

    cloudformation = cloud.client("cloudformation")
    (stack,) = cloudformation.describe_stacks(StackName=variant.name)["Stacks"]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    with Build(variant, LINUX) as build:
        template = adapted(build.wait().template, parameters, _CREDENTIALS)
    files.template.write_text(json.dumps(template, indent=2))
    environment = {"Parameters": _CREDENTIALS, **_environments(cloud, variant.name)}
    _write_privately(files.environment, json.dumps(environment, indent=2))


def _environments(cloud: Cloud, stack: str) -> dict[str, dict[str, str]]:
    """Each function's variables as containers need them, by its logical id."""
    resources = cloud.client("cloudformation").get_paginator("list_stack_resources")
    functions = cloud.client("lambda")
    environments = {}
    for page in resources.paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] == "AWS::Lambda::Function":
                name = resource["PhysicalResourceId"]
                configuration = functions.get_function_configuration(FunctionName=name)
                variables = configuration["Environment"]["Variables"]
                environments[resource["LogicalResourceId"]] = _for_container(cloud, variables)
    return environments


def _for_container(cloud: Cloud, variables: Mapping[str, str]) -> dict[str, str]:
    adapted = {name: cloud.as_containers_see(value) for name, value in variables.items()}
    for name in variables.keys() & {_ISSUER}:
        adapted[name] = variables[name]
    for name in variables.keys() & {_DOWNSTREAMS}:
        adapted[name] = _parameter(cloud, variables[name])
    return adapted


def _parameter(cloud: Cloud, name: str) -> str:
    """The name of an SSM parameter with the same text, as containers need it."""
    ssm = cloud.client("ssm")
    text = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    inside = f"{name}-for-containers"
    ssm.put_parameter(
        Name=inside, Value=cloud.as_containers_see(text), Type="String", Overwrite=True
    )
    return inside


def _write_privately(path: Path, text: str) -> None:
    """All at once, for the text holds the database's password, and others may wait for the file."""
    descriptor, unfinished = mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    Path(unfinished).rename(path)
