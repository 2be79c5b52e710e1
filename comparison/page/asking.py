"""The chooser: what the page's script needs, and what is read without it."""

import json
from typing import Any

from markupsafe import Markup

from comparison.guide import Effect, Guide
from comparison.page.reasons import Evidence
from local.variants import VARIANTS

DOCUMENTS = {"apigw": "apigw.md", "decouple": "decouple.md", "pubsub": "pubsub.md"}


def data(guide: Guide, evidence: Evidence) -> Markup:
    """As JSON that can stand in HTML."""
    text = json.dumps(_data(guide, evidence), ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704


def _data(guide: Guide, evidence: Evidence) -> dict[str, Any]:
    return {
        "patterns": [
            {
                "name": pattern.name,
                "title": pattern.title,
                "url": pattern.url,
                "variants": pattern.variants,
                "disadvantages": [each.model_dump() for each in pattern.disadvantages],
            }
            for pattern in guide.patterns
        ],
        "criteria": [
            {
                "id": each.id,
                "question": each.question,
                "weight": each.weight,
                "why": each.why,
                "yes": _effect(each.yes),
                "no": _effect(each.no),
            }
            for each in guide.criteria
        ],
        "variants": {
            name: {
                "usd": evidence.usd(name),
                "reasons": [
                    {
                        "what": reason.what,
                        "says": reason.says,
                        "badges": [[badge.slug, badge.value] for badge in reason.badges],
                    }
                    for reason in evidence.reasons(name)
                ],
            }
            for name in VARIANTS
        },
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {"for": effect.supports, "against": effect.against}
