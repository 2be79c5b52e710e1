"""A page with what the live view needs of one, and the same policy for its scripts and styles."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256

from local.paths import ROOT

_FOLDER = ROOT / "comparison" / "page"
_SERVICES = ("client", "payments", "customer", "sales", "communication")


def html(diagrams: Mapping[str, str], style: str = "") -> str:
    """With these variants' diagrams, as SVG."""
    script = (_FOLDER / "live.js").read_text()
    style += (_FOLDER / "live.css").read_text()
    figures = "".join(
        f'<figure class="variant" data-variant="{name}">{svg}</figure>'
        for name, svg in diagrams.items()
    )
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Variants</title>'
        f'<meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<style>{style}</style></head><body><main><h1>Variants</h1>"
        f'<section id="live" hidden></section>{figures}</main>'
        f"<script>{script}</script></body></html>"
    )


def diagram() -> str:
    """Boxes with the services' names."""
    boxes = "".join(
        f'<g data-service="{name}"><rect x="4" y="{y}" width="112" height="18" fill="none"'
        f' stroke="currentColor"/><text x="60" y="{y + 13}" text-anchor="middle"'
        f' font-size="10">{name}</text></g>'
        for y, name in zip(range(4, 200, 24), _SERVICES, strict=False)
    )
    return f'<svg viewBox="0 0 120 124" role="img" aria-label="The services">{boxes}</svg>'


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
