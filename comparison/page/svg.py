"""SVG as text, escaped. Colours and lines are the style sheet's: only classes name them."""

from markupsafe import Markup, escape

type Attribute = str | float


def element(name: str, *content: str, **attributes: Attribute) -> Markup:
    """`class_` and `data_service` are the attributes `class` and `data-service`."""
    listed = Markup().join(
        Markup(' {}="{}"').format(_name(key), _text(value)) for key, value in attributes.items()
    )
    inside = Markup().join(escape(part) for part in content)
    return Markup("<{0}{1}>{2}</{0}>").format(name, listed, inside)


def drawing(title: str, width: float, height: float, *content: str, kind: str = "") -> Markup:
    """`title` is what who cannot see it is told."""
    return element(
        "svg",
        element("title", title),
        *content,
        class_=f"drawing {kind}".strip(),
        viewBox=f"0 0 {_text(width)} {_text(height)}",
        role="img",
        aria_label=title,
        xmlns="http://www.w3.org/2000/svg",
    )


def text(x: float, y: float, words: str, class_: str = "label", **more: Attribute) -> Markup:
    return element("text", words, x=x, y=y, class_=class_, **more)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def box(x: float, y: float, width: float, height: float, class_: str, rx: float = 0) -> Markup:
    return element("rect", x=x, y=y, width=width, height=height, rx=rx, class_=class_)


def path(d: str, class_: str, **more: Attribute) -> Markup:
    return element("path", d=d, class_=class_, **more)


def group(*content: str, **attributes: Attribute) -> Markup:
    return element("g", *content, **attributes)


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _text(value: Attribute) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
