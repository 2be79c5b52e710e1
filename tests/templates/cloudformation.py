"""What CloudFormation makes of a template: conditions decided, parameters put in."""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml  # type: ignore[import-untyped]

from local.paths import SAM

_NOTHING = object()
_REFERENCE = re.compile(r"\$\{([\w.:]+)\}")
# SAM's own environment holds the translator that `sam deploy` and CloudFormation use.
_TRANSLATE = """
import json, sys
from samcli.lib.translate.sam_template_validator import SamTemplateValidator

class NoManagedPolicies:
    def load(self):
        return {}

validator = SamTemplateValidator(json.load(sys.stdin), NoManagedPolicies(), region="us-east-1")
sys.stdout.write(validator.get_translated_template_if_valid())
"""


def read(path: Path) -> dict[str, Any]:
    """A template with its short forms (`!Ref`) written out."""
    return dict(plain(cfn_yaml.load(str(path))))


def translate(path: Path) -> str:
    """The template as the SAM transform makes it, in YAML."""
    translated = subprocess.run(
        [SAM.with_name("python"), "-c", _TRANSLATE],
        input=json.dumps(read(path)),
        capture_output=True,
        text=True,
    )
    assert translated.returncode == 0, translated.stderr
    return translated.stdout


def parse(text: str) -> dict[str, Any]:
    return dict(plain(cfn_yaml.loads(text)))


def plain(value: Any) -> Any:
    """Without the classes of cfn-lint's decoder."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Stack:
    """A template with the values of its parameters; references between resources stay."""

    template: Mapping[str, Any]
    parameters: Mapping[str, str]

    def given(self, **parameters: str) -> "Stack":
        """The same stack with other values of some parameters."""
        return Stack(self.template, {**self.parameters, **parameters})

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        return {
            name: self.resolve(resource)
            for name, resource in self.template["Resources"].items()
            if self.holds(resource.get("Condition"))
        }

    @cached_property
    def outputs(self) -> dict[str, Any]:
        return {
            name: self.resolve(output["Value"])
            for name, output in self.template["Outputs"].items()
            if self.holds(output.get("Condition"))
        }

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Name and properties of each resource of this type."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def holds(self, condition: Any) -> bool:
        match condition:
            case None:
                return True
            case str():
                return self.holds(self.template["Conditions"][condition])
            case {"Condition": name}:
                return self.holds(name)
            case {"Fn::Not": [inner]}:
                return not self.holds(inner)
            case {"Fn::Equals": [left, right]}:
                return bool(self.resolve(left) == self.resolve(right))
        raise NotImplementedError(f"condition {condition}")

    def resolve(self, value: Any) -> Any:
        match value:
            case {"Ref": "AWS::NoValue"}:
                return _NOTHING
            case {"Ref": name} if name in self.template["Parameters"]:
                return self._parameter(name)
            case {"Fn::Sub": str(pattern)}:
                return self._substitute(pattern, {})
            case {"Fn::Sub": [pattern, values]}:
                return self._substitute(
                    pattern, {n: text(self.resolve(v)) for n, v in values.items()}
                )
            case {"Fn::If": [condition, then, otherwise]}:
                return self.resolve(then if self.holds(condition) else otherwise)
            case dict():
                resolved = {key: self.resolve(item) for key, item in value.items()}
                return {key: item for key, item in resolved.items() if item is not _NOTHING}
            case list():
                items = [self.resolve(item) for item in value]
                return [item for item in items if item is not _NOTHING]
        return value

    def _parameter(self, name: str) -> str:
        return str(self.parameters.get(name, self.template["Parameters"][name].get("Default")))

    def _substitute(self, pattern: str, values: Mapping[str, str]) -> str | dict[str, str]:
        """A text, or `Fn::Sub` where references to resources are left."""

        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name in self.template["Parameters"]:
                return self._parameter(name)
            return values.get(name, found[0])

        substituted = _REFERENCE.sub(value, pattern)
        return {"Fn::Sub": substituted} if _REFERENCE.search(substituted) else substituted


def text(value: Any) -> str:
    """A resolved value with its references as `Fn::Sub` writes them: `${Name}`, `${Name.Arn}`."""
    match value:
        case str():
            return value
        case {"Fn::Sub": str(pattern)}:
            return pattern
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
    raise AssertionError(f"{value} is no text")


def referred(value: Any) -> set[str]:
    """The names in a text's references, pseudo parameters apart."""
    names = {name.partition(".")[0] for name in _REFERENCE.findall(text(value))}
    return {name for name in names if not name.startswith("AWS::")}


def target(reference: Any) -> str:
    """The name of the resource that a `Ref` or `GetAtt` means."""
    match reference:
        case {"Ref": name}:
            return str(name)
        case {"Fn::GetAtt": [name, _]}:
            return str(name)
    raise AssertionError(f"{reference} names no resource of the template")


def arn_of(reference: Any) -> str:
    """The name of the resource whose ARN this is: a `Ref` gives a queue's URL or a table's name."""
    match reference:
        case {"Fn::GetAtt": [name, "Arn" | "ResourceArn"]}:
            return str(name)
    raise AssertionError(f"{reference} is no ARN of a resource of the template")
