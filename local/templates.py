"""What CloudFormation makes of a template: conditions decided, parameters put in."""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml  # type: ignore[import-untyped]
from cfnlint.decode.cfn_yaml import CfnParseError  # type: ignore[import-untyped]
from yaml import YAMLError

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


class NotUnderstood(Exception):
    """What a template says cannot be decided here, or means nothing."""


def read(path: Path) -> dict[str, Any]:
    """A template with its short forms (`!Ref`) written out."""
    return parse(path.read_text())


def translate(path: Path) -> str:
    """The template as the SAM transform makes it, in YAML."""
    translated = subprocess.run(
        [SAM.with_name("python"), "-c", _TRANSLATE],
        input=json.dumps(read(path)),
        capture_output=True,
        text=True,
    )
    if translated.returncode != 0:
        raise NotUnderstood(f"SAM refuses it: {translated.stderr.strip().splitlines()[-1]}")
    return translated.stdout


def parse(text: str) -> dict[str, Any]:
    try:
        template = plain(cfn_yaml.loads(text))
    except (YAMLError, CfnParseError) as error:
        raise NotUnderstood(f"it is neither YAML nor JSON: {error}") from error
    match template:
        case {"Resources": dict(resources)}:
            filled = {name: _filled(resource) for name, resource in resources.items()}
            return {**_filled(template), "Resources": filled}
    raise NotUnderstood("it has no Resources")


def _filled(value: Any) -> Any:
    """Without the keys that are left empty."""
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if item is not None}
    return value


def plain(value: Any) -> Any:
    """Without the classes of cfn-lint's decoder."""
    if isinstance(value, dict):
        return {str(text(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Stack:
    """A template with the values of its parameters; references between resources stay, and to
    parameters without a value.
    """

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
            for name, output in self.template.get("Outputs", {}).items()
            if self.holds(output.get("Condition"))
        }

    @cached_property
    def declared(self) -> dict[str, dict[str, Any]]:
        """The template's parameters."""
        return dict(self.template.get("Parameters", {}))

    @cached_property
    def allowed(self) -> bool:
        """Whether the template's Rules let the parameters pass."""
        return all(
            self.holds(assertion["Assert"])
            for rule in self.template.get("Rules", {}).values()
            if self.holds(rule.get("RuleCondition"))
            for assertion in rule["Assertions"]
        )

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
            case str() if condition in self.template.get("Conditions", {}):
                return self.holds(self.template["Conditions"][condition])
            case {"Condition": name}:
                return self.holds(name)
            case {"Fn::Not": [inner]}:
                return not self.holds(inner)
            case {"Fn::And": list(inner)}:
                return all(map(self.holds, inner))
            case {"Fn::Or": list(inner)}:
                return any(map(self.holds, inner))
            case {"Fn::Equals": [left, right]}:
                return text(self.resolve(left)) == text(self.resolve(right))
            case {"Fn::Contains": [list(values), value]}:
                return text(self.resolve(value)) in map(text, self.resolve(values))
        raise NotUnderstood(f"condition {condition} cannot be decided here")

    def resolve(self, value: Any) -> Any:
        match value:
            case {"Ref": "AWS::NoValue"}:
                return _NOTHING
            case {"Ref": name} if self._is_parameter(name):
                return self._parameter(name)
            case {"Fn::Sub": str(pattern)}:
                return self._substitute(pattern, {})
            case {"Fn::Sub": [str(pattern), dict(values)]}:
                try:
                    texts = {name: text(self.resolve(item)) for name, item in values.items()}
                except NotUnderstood:
                    return value
                return self._substitute(pattern, texts)
            case {"Fn::If": [condition, then, otherwise]}:
                return self.resolve(then if self.holds(condition) else otherwise)
            case dict():
                resolved = {key: self.resolve(item) for key, item in value.items()}
                return self._result(
                    {key: item for key, item in resolved.items() if item is not _NOTHING}
                )
            case list():
                items = [self.resolve(item) for item in value]
                return [item for item in items if item is not _NOTHING]
        return value

    def _result(self, value: dict[str, Any]) -> Any:
        """Of a function whose arguments are all known; anything else as it is."""
        try:
            match value:
                case {"Fn::Join": [str(separator), list(items)]}:
                    return separator.join(map(_literal, items))
                case {"Fn::Select": [index, list(items)]}:
                    return items[int(index)]
                case {"Fn::FindInMap": [name, first, second]}:
                    found = self.template["Mappings"][_literal(name)]
                    return found[_literal(first)][_literal(second)]
        except (NotUnderstood, LookupError, TypeError, ValueError):
            pass
        return value

    def _is_parameter(self, name: str) -> bool:
        """Pseudo parameters have a value only if one is given."""
        return name in self.declared or name in self.parameters

    def _parameter(self, name: str) -> str:
        default = self.declared.get(name, {}).get("Default", f"${{{name}}}")
        return text(self.parameters.get(name, default))

    def _substitute(self, pattern: str, values: Mapping[str, str]) -> str | dict[str, str]:
        """A text, or `Fn::Sub` where references to resources are left."""

        def value(found: re.Match[str]) -> str:
            name = found[1]
            if self._is_parameter(name):
                return self._parameter(name)
            return values.get(name, found[0])

        substituted = _REFERENCE.sub(value, pattern)
        return {"Fn::Sub": substituted} if _REFERENCE.search(substituted) else substituted


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        raise NotUnderstood(f"{value} is no literal")
    return text(value)


def text(value: Any) -> str:
    """A resolved value as CloudFormation takes it, with its references as `Fn::Sub` writes them:
    `${Name}`, `${Name.Arn}`.
    """
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | float() | date():
            return str(value)
        case {"Fn::Sub": str(pattern)}:
            return pattern
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": str(path)}:
            return f"${{{path}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Join": [str(separator), list(items)]}:
            return separator.join(map(text, items))
    raise NotUnderstood(
        f"{json.dumps(value, default=str)} cannot be resolved here: write out the value"
    )
