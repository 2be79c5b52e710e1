"""How much template a variant is."""

from comparison.measured import Template
from local import templates
from local.variants import Variant


def template(variant: Variant) -> Template:
    """Its file's lines, and the resources that SAM and the conditions make of it on AWS."""
    translated = templates.parse(templates.translate(variant.template))
    deployed = templates.Stack(translated, variant.parameters)
    return Template(
        file=variant.template.name,
        lines=len(variant.template.read_text().splitlines()),
        resources=len(deployed.resources),
    )
