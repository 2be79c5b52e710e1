"""What would only come out during a deployment, or after it, is looked up before."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import urllib3

from local.variants import Variant
from operations.errors import Failed
from operations.place import Place
from operations.stack import Stack

type Parameters = Mapping[str, str]

RELEASE = "Release"
"""The parameter of which another value makes new versions of all functions."""
_ELF = b"\x7fELF"
_MACHINES = {62: "x86_64", 183: "arm64"}
"""By their numbers in ELF: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html."""
_PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}


def given(arguments: Sequence[str], variant: Variant) -> dict[str, str]:
    """Those of ["TokenIssuer=https://...", ...], and those that make the variant."""
    if wrong := [argument for argument in arguments if "=" not in argument]:
        raise Failed(f"PARAMETERS are NAME=VALUE, and not {' '.join(wrong)}")
    parts = (argument.partition("=") for argument in arguments)
    values = {name: value for name, _, value in parts}
    for name, value in variant.parameters.items():
        if values.setdefault(name, value) != value:
            raise Failed(f"{name} is {value} in {variant.name}: name another VARIANT")
    return values


def effective(declared: Mapping[str, Any], present: Parameters, given: Parameters) -> Parameters:
    """The values with which the stack will be deployed: what is not given stays as it is."""
    # SAM passes over what the template does not declare, and so over every slip of the pen.
    if unknown := given.keys() - declared.keys():
        raise Failed(
            f"the template has no parameter {' or '.join(sorted(unknown))}, but"
            f" {', '.join(sorted(declared))}"
        )
    defaults = {
        name: str(declaration["Default"])
        for name, declaration in declared.items()
        if "Default" in declaration
    }
    kept = {name: value for name, value in present.items() if name in declared}
    values = defaults | kept | dict(given)
    if missing := declared.keys() - values.keys():
        raise Failed(f"a new stack needs PARAMETERS for {', '.join(sorted(missing))}")
    return values


def release(built: Path, requirements: Path, parameters: Parameters) -> str:
    """A text that is another one when what functions run with is: template, layers, parameters.

    Code is not part of it: for new code SAM makes new versions by itself.
    """
    values = {name: value for name, value in parameters.items() if name != RELEASE}
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    for path in (built / "template.yaml", *sorted(requirements.glob("*.txt"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def obstacles(
    place: Place, present: Stack | None, built: Path, parameters: Parameters
) -> Iterator[str]:
    """Why the stack cannot be deployed like this."""
    if present and present.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"):
        yield f"{present.name} is in {present.status}: delete it before"
    architecture = parameters["Architecture"]
    for layer in sorted(built.glob("*Layer")):
        others = machines(layer) - {architecture}
        if others:
            yield (
                f"{layer.name} is built for {' and '.join(sorted(others))}, and not for"
                f" {architecture}: set Architecture, or LAYER_PLATFORM={_PLATFORMS[architecture]}"
            )
    # An account has one such role for all its APIs of a region, and so no stack may own it.
    if parameters["AccessLogs"] == "true" and not _account_role(place):
        yield (
            "AccessLogs=true needs a role with which API Gateway writes logs, and this region of"
            " the account has none: see docs/aws.md"
        )


def warnings(place: Place, parameters: Parameters) -> Iterator[str]:
    """What will not work in the deployed stack, until somebody does something about it."""
    if identity := parameters.get("SenderIdentity"):
        yield from sender(place, parameters["Sender"], identity)
    yield from issuer(parameters["TokenJwksUrl"])


def sender(place: Place, address: str, identity: str) -> Iterator[str]:
    domain = address.partition("@")[2]
    if identity not in (address, domain) and not domain.endswith(f".{identity}"):
        yield f"the sender {address} does not belong to {identity}: nothing can be sent"
    elif not _is_verified(place, identity):
        yield f"{identity} is not verified in Amazon SES here: no confirmation can be sent"


def issuer(jwks_url: str) -> Iterator[str]:
    if reason := _no_keys(jwks_url):
        yield f"{jwks_url} has no keys to check tokens with ({reason}): nobody will be let in"


def machines(layer: Path) -> set[str]:
    """For which the layer's compiled modules are made."""
    headers = (_header(path) for path in layer.rglob("*.so*"))
    numbers = {int.from_bytes(header[18:20], "little") for header in headers if header[:4] == _ELF}
    return {_MACHINES.get(number, f"machine {number}") for number in numbers}


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(20)


def _account_role(place: Place) -> str | None:
    role: str | None = place.client("apigateway").get_account().get("cloudwatchRoleArn")
    return role


def _is_verified(place: Place, identity: str) -> bool:
    answer = place.client("ses").get_identity_verification_attributes(Identities=[identity])
    attributes = answer["VerificationAttributes"].get(identity, {})
    return bool(attributes.get("VerificationStatus") == "Success")


def _no_keys(url: str) -> str | None:
    """Why there are none."""
    try:
        answer = urllib3.request("GET", url, timeout=5, retries=False)
        return None if answer.json()["keys"] else "an empty set"
    except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError) as error:
        return type(error).__name__
