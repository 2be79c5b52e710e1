"""A variant deployed in a local cloud."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from botocore.exceptions import ClientError, WaiterError

from local.build import ARCHITECTURE, Build
from local.cloud import Cloud
from local.issuer import local_issuer
from local.sam import Sam, SamFailed
from local.variants import Variant

_ARTIFACTS_BUCKET = "sam-artifacts"
_INPUTS_TAG = "inputs"


class DeployFailed(RuntimeError):
    """The stack could not be made or deleted; the message names what has failed, and why."""


@dataclass(frozen=True)
class Stack:
    name: str
    outputs: Mapping[str, str]

    @property
    def sender(self) -> str:
        """Of its e-mails: an address that is no other stack's."""
        return _sender(self.name)


class Deployment:
    """A deployment that goes on beside the caller, who waits for it or stops it.

    The stack is kept when it is there with the same inputs. A stack with other inputs is deleted
    first: LocalStack's updates in place are unreliable. `name` is the variant's by default, and
    names the stack's database too. Raises `SamFailed` when the build fails.
    """

    def __init__(
        self,
        cloud: Cloud,
        variant: Variant,
        *,
        parameters: Mapping[str, str] | None = None,
        name: str | None = None,
    ) -> None:
        self._cloud = cloud
        self._name = name = name or variant.name
        self._sam: Sam | None = None
        with Build(variant) as build:
            build.wait()
        wanted = {**variant.parameters, **_local_parameters(cloud, name), **(parameters or {})}
        self._sender = wanted["Sender"]
        inputs = hashlib.sha256(f"{build.digest}{json.dumps(wanted, sort_keys=True)}".encode())
        present = _describe(cloud, name)
        if present is not None:
            if _is_complete(present) and _tag(present, _INPUTS_TAG) == inputs.hexdigest():
                return
            delete(cloud, name)
        self._sam = _deploying(cloud, name, build, wanted, inputs.hexdigest())

    def wait(self) -> Stack:
        """Until the stack is there; raises `DeployFailed` when it will not be."""
        if self._sam:
            # While SAM starts: LocalStack's SES takes half a second to load.
            self._cloud.client("ses").verify_email_identity(EmailAddress=self._sender)
            try:
                self._sam.wait()
            except SamFailed as error:
                reasons = "\n".join(_failures(self._cloud, self._name))
                raise DeployFailed(
                    f"{self._name} could not be deployed, see {self._sam.log}:\n{reasons}"
                    if reasons
                    else str(error)
                ) from error
        return _stack(_describe(self._cloud, self._name) or {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._sam:
            self._sam.stop()


def deploy(
    cloud: Cloud,
    variant: Variant,
    *,
    parameters: Mapping[str, str] | None = None,
    name: str | None = None,
) -> Stack:
    """The variant's stack, when it is deployed: see `Deployment`."""
    with Deployment(cloud, variant, parameters=parameters, name=name) as deployment:
        return deployment.wait()


def find(cloud: Cloud, name: str) -> Stack | None:
    """The stack of this name if it is deployed."""
    present = _describe(cloud, name)
    return _stack(present) if present and _is_complete(present) else None


def delete(cloud: Cloud, name: str) -> None:
    """Raises `DeployFailed` when something of the stack cannot be deleted."""
    cloudformation = cloud.client("cloudformation")
    waiter = cloudformation.get_waiter("stack_delete_complete")
    for is_last in (False, True):  # LocalStack deletes a half-made stack at the second attempt only
        cloudformation.delete_stack(StackName=name)
        try:
            waiter.wait(StackName=name, WaiterConfig={"Delay": 0.3, "MaxAttempts": 400})
        except WaiterError as error:
            if is_last:
                reasons = "\n".join(_failures(cloud, name))
                raise DeployFailed(f"{name} could not be deleted:\n{reasons}") from error
        else:
            return


def _deploying(
    cloud: Cloud, name: str, build: Build, parameters: Mapping[str, str], inputs: str
) -> Sam:
    """SAM passes over the parameters that the template does not have."""
    cloud.client("s3").create_bucket(Bucket=_ARTIFACTS_BUCKET)
    return Sam(
        *("deploy", "--stack-name", name, "--template-file", build.template),
        *("--s3-bucket", _ARTIFACTS_BUCKET, "--no-confirm-changeset", "--no-progressbar"),
        *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"),
        *("--tags", f"{_INPUTS_TAG}={inputs}", "--parameter-overrides"),
        *(f'ParameterKey={key},ParameterValue="{value}"' for key, value in parameters.items()),
        log=cloud.folder / f"deploy-{name}.log",
        AWS_ENDPOINT_URL=cloud.endpoint,
    )


def _local_parameters(cloud: Cloud, name: str) -> Mapping[str, str]:
    issuer = local_issuer(cloud)
    return {
        "LocalEndpointUrl": cloud.endpoint,
        "LocalDatabaseUrl": cloud.create_database(name),
        "Architecture": ARCHITECTURE,
        "TokenIssuer": issuer.url,
        "TokenAudience": issuer.audience,
        "TokenJwksUrl": issuer.jwks_url,
        "Sender": _sender(name),
        "SenderIdentity": _sender(name),
    }


def _sender(name: str) -> str:
    return f"premiums+{name}@insurance.example"


def _describe(cloud: Cloud, name: str) -> dict[str, Any] | None:
    try:
        (stack,) = cloud.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return dict(stack)


def _is_complete(stack: Mapping[str, Any]) -> bool:
    return stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def _tag(stack: Mapping[str, Any], key: str) -> str | None:
    return {tag["Key"]: tag["Value"] for tag in stack.get("Tags", ())}.get(key)


def _stack(stack: Mapping[str, Any]) -> Stack:
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
    return Stack(stack["StackName"], outputs)


def _failures(cloud: Cloud, name: str) -> Iterator[str]:
    """The resources that failed by themselves, and not because others had: those have a reason."""
    pages = cloud.client("cloudformation").get_paginator("describe_stack_events")
    try:
        events = [event for page in pages.paginate(StackName=name) for event in page["StackEvents"]]
    except ClientError:
        return  # there is no stack: its template was refused
    for event in reversed(events):
        reason = event.get("ResourceStatusReason")
        if reason and event["ResourceStatus"].endswith("_FAILED"):
            yield f"    {event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
