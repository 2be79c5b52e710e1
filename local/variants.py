"""The variants of the use case that can be deployed, each a template and its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.paths import ROOT

_APIGW = ROOT / "template-apigw.yaml"
_PUBSUB = ROOT / "template-pubsub.yaml"


@dataclass(frozen=True)
class Variant:
    name: str
    template: Path
    parameters: Mapping[str, str] = field(default_factory=dict)


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant("decouple", ROOT / "template-decouple.yaml"),
        Variant("apigw-single", _APIGW, {"Topology": "single"}),
        Variant("apigw-multiple", _APIGW, {"Topology": "multiple"}),
        Variant("pubsub-sns", _PUBSUB, {"Channel": "sns"}),
        Variant("pubsub-three-events", _PUBSUB, {"Channel": "eventbridge-three-events"}),
        Variant("pubsub-one-event", _PUBSUB, {"Channel": "eventbridge-one-event"}),
    )
}
