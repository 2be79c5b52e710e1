"""An operator deploys a variant, works with its stack and deletes it, as on AWS.

The local cloud stands in for the account: AWS_ENDPOINT_URL is all that tells them apart. So the
functions run from what was built and uploaded, with byte code and layers, and not by hot reload.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import urllib3

from local.build import ARCHITECTURE, THIS
from local.cloud import Cloud
from local.issuer import Issuer
from local.paths import ROOT, SAM
from local.servers.localstack import ACCESS_KEY, REGION, SECRET_KEY
from local.templates import parse, read
from operations.checks import machines
from operations.place import Place
from operations.stack import Stack, find
from tests.e2e.conftest import Customer, enrolled
from tests.eventually import eventually

NAME = "premiums-deployed"
TEMPLATE = ROOT / ".aws-sam" / "decouple" / "build" / "template.yaml"
WHOLE = TEMPLATE.with_name("whole.yaml")
"""As it was built, with what LocalStack does not get."""
YES = "y\n" * 10_000
"""To all questions; more than the first program that asks reads ahead."""

type Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Operator:
    """Somebody with an account."""

    cloud: Cloud
    issuer: Issuer

    def make(self, *arguments: str, answers: str = "") -> Done:
        return self.run("make", *arguments, f"STACK={NAME}", answers=answers)

    def run(self, *command: str, answers: str = "") -> Done:
        """With these answers to what is asked."""
        foreign = ("AWS_", "PYTEST_", "SAM_CLI_", "TEST_")
        others = {name: v for name, v in os.environ.items() if not name.startswith(foreign)}
        account = {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.cloud.endpoint,
            "ISSUER_KEY": str(self.cloud.folder / "issuer.pem"),
        }
        quick = {"PYTEST_ADDOPTS": "-k 'same_key or whoever'", "SAM_CLI_POLL_DELAY": "0.3"}
        return subprocess.run(
            command,
            cwd=ROOT,
            env=others | account | quick,
            input=answers,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def parameters(self) -> list[str]:
        values = {
            "TokenIssuer": self.issuer.url,
            "TokenAudience": self.issuer.audience,
            "TokenJwksUrl": self.issuer.jwks_url,
            "Architecture": ARCHITECTURE,
            "RetryDelaySeconds": "0",
            "LocalEndpointUrl": self.cloud.endpoint,
            "LocalDatabaseUrl": self.cloud.create_database(NAME),
        }
        return [f"{name}={value}" for name, value in values.items()]

    def find(self, name: str = NAME) -> Stack | None:
        return find(Place.local(self.cloud), name)


def for_localstack(template: Any) -> Any:
    """LocalStack does not know what `Ref: Function.Alias` means; and `sam delete` takes the address
    of a nested stack's template in it for none of S3's.
    """
    match template:
        case {"Ref": str(name)} if name.endswith(".Alias"):
            return {"Fn::GetAtt": [name.removesuffix(".Alias"), "Arn"]}
        case dict():
            on_aws_only = ("AutoPublishAlias", "DeploymentPreference", "Dashboard")
            return {k: for_localstack(v) for k, v in template.items() if k not in on_aws_only}
        case list():
            return [for_localstack(item) for item in template]
    return template


@pytest.fixture(scope="module")
def operator(cloud: Cloud, issuer: Issuer) -> Operator:
    return Operator(cloud, issuer)


@pytest.fixture(scope="module")
def stack(operator: Operator) -> Iterator[Stack]:
    """Deployed by an operator who says yes to account and region, and to the change set."""
    built = operator.make("build", "VARIANT=decouple", f"LAYER_PLATFORM={THIS}")
    assert built.returncode == 0, built.stdout + built.stderr
    WHOLE.write_text(TEMPLATE.read_text())
    TEMPLATE.write_text(json.dumps(for_localstack(read(TEMPLATE))))
    parameters = f"PARAMETERS={' '.join(operator.parameters)}"
    done = operator.make("--old-file=build", "deploy", "VARIANT=decouple", parameters, answers=YES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Upload decouple to AWS account 000000000000, {REGION}" in done.stdout
    assert "CloudFormation stack changeset" in done.stdout
    stack = operator.find()
    assert stack
    yield stack
    operator.make("delete", "YES=1")


def test_nothing_is_deployed_before_somebody_has_said_yes(operator: Operator, stack: Stack) -> None:
    name = f"{stack.name}-not"
    command = ("-m", "operations", "deploy", "--variant", "decouple", "--stack", name)

    done = operator.run(sys.executable, *command, *operator.parameters, answers="n\n")

    assert done.returncode == 1
    assert f"for a new stack, {name}? [y/N]" in done.stdout
    assert operator.find(name) is None


def test_the_stack_takes_payments(
    cloud: Cloud, stack: Stack, issuer: Issuer, http: urllib3.PoolManager
) -> None:
    customer = enrolled(cloud, stack, Customer(stack.outputs["ApiUrl"], issuer, http))

    assert customer.complete()["status"] == "completed"


def test_what_is_deployed_is_a_release_of_its_own(operator: Operator, stack: Stack) -> None:
    """By which SAM's versions differ that do not differ in their code."""
    assert stack.parameters["Release"] != read(WHOLE)["Parameters"]["Release"]["Default"]


def test_the_dashboard_is_uploaded_with_the_template(
    operator: Operator, stack: Stack, http: urllib3.PoolManager, tmp_path: Path
) -> None:
    packaged = tmp_path / "packaged.yaml"
    done = operator.run(
        *(str(SAM), "package", "--region", REGION, "--resolve-s3", "--template-file", str(WHOLE)),
        *("--output-template-file", str(packaged)),
    )
    assert done.returncode == 0, done.stdout + done.stderr

    url = read(packaged)["Resources"]["Dashboard"]["Properties"]["TemplateURL"]
    uploaded = parse(http.request("GET", url).data.decode())
    assert uploaded["Resources"].keys() == read(ROOT / "dashboard.yaml")["Resources"].keys()


def test_the_sample_policies_are_loaded(operator: Operator, stack: Stack) -> None:
    done = operator.make("load")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"520 policies into {stack.name}")


def test_the_conformance_suite_runs_against_the_stack(operator: Operator, stack: Stack) -> None:
    done = operator.make("test-aws", "YES=1")

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "failed" not in done.stdout


def test_the_logs_of_a_function_are_shown(operator: Operator, stack: Stack) -> None:
    done = operator.make("logs", "FUNCTION=Migrations", "SINCE=1d")

    assert done.returncode == 0, done.stderr
    assert " MigrationsFunction " in done.stdout
    assert "schema is up to date" in done.stdout
    assert "AuthorizerFunction" not in done.stdout


def test_a_dead_letter_is_shown_and_sent_again_after_a_yes(
    operator: Operator, stack: Stack
) -> None:
    sqs = stack.place.client("sqs")
    poison = f"not JSON {uuid4()}"
    queue, dead_letters = (
        stack.resources[name].id for name in ("SalesQueue", "SalesDeadLetterQueue")
    )
    sqs.send_message(QueueUrl=queue, MessageBody=poison)
    eventually(lambda: _count(stack, dead_letters) == 1, "it is in the dead-letter queue")

    refused = operator.make("redrive", answers="n\n")
    assert "1  SalesDeadLetterQueue            back to SalesQueue" in refused.stdout
    assert _count(stack, dead_letters) == 1

    done = operator.make("redrive", "QUEUE=SalesDeadLetterQueue", answers="y\n")

    assert done.returncode == 0, done.stderr
    assert "1  SalesDeadLetterQueue            sent again" in done.stdout
    eventually(lambda: _count(stack, dead_letters) == 1, "it has failed again")


def _count(stack: Stack, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    answer = stack.place.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(answer["Attributes"][name])


def test_before_it_is_deleted_it_is_said_what_is_lost(operator: Operator, stack: Stack) -> None:
    stack.place.client("sqs").send_message(
        QueueUrl=stack.resources["OutcomesDeadLetterQueue"].id, MessageBody="still here"
    )

    done = operator.make("delete", answers="n\n")

    assert done.returncode != 0
    kept, _, lost = done.stdout.partition("Lost:")
    assert stack.resources["LeadsTable"].id in kept
    assert "the messages in OutcomesDeadLetterQueue: 1" in lost
    assert operator.find() is not None


def test_the_stack_is_deleted_after_a_yes(operator: Operator, stack: Stack) -> None:
    done = operator.make("delete", answers="y\n")

    assert done.returncode == 0, done.stdout + done.stderr
    assert operator.find() is None


def test_by_default_the_layers_are_built_for_what_the_template_deploys_on(
    operator: Operator, stack: Stack
) -> None:
    done = operator.make("build", "VARIANT=decouple")

    assert done.returncode == 0, done.stdout + done.stderr
    default = read(TEMPLATE)["Parameters"]["Architecture"]["Default"]
    for layer in ("ServicesLayer", "AuthorizerLayer"):
        assert machines(TEMPLATE.with_name(layer)) == {default}
