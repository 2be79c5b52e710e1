"""What the diagrams are made of. Every shape is drawn around its middle."""

from dataclasses import dataclass

from markupsafe import Markup

from comparison.page import svg

CORNER = 6.0


@dataclass(frozen=True)
class Place:
    x: float
    y: float
    width: float
    height: float

    @property
    def top(self) -> tuple[float, float]:
        return self.x, self.y - self.height / 2

    @property
    def bottom(self) -> tuple[float, float]:
        return self.x, self.y + self.height / 2

    @property
    def left(self) -> tuple[float, float]:
        return self.x - self.width / 2, self.y

    @property
    def right(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y


def service(at: Place, name: str) -> Markup:
    fitted: dict[str, svg.Attribute] = {}
    if len(name) > 10:  # in whatever font there is
        fitted = {"textLength": at.width - 8, "lengthAdjust": "spacingAndGlyphs"}
    words = svg.text(at.x, at.y + 3.8, name, "strong middle", **fitted)
    return svg.group(_rect(at, "service", CORNER), words, **_known(name))


def client(at: Place) -> Markup:
    shape = _rect(at, "client", at.height / 2)
    return svg.group(shape, _label(at, "Client"), data_service="client", class_="node")


def gateway(at: Place, name: str) -> Markup:
    """A hexagon."""
    half, edge = at.height / 2, 9.0
    left, right = at.x - at.width / 2, at.x + at.width / 2
    d = (
        f"M{left} {at.y}L{left + edge} {at.y - half}H{right - edge}L{right} {at.y}"
        f"L{right - edge} {at.y + half}H{left + edge}Z"
    )
    return svg.group(svg.path(d, "gateway"), _label(at, name), class_="node")


def channel(at: Place, name: str) -> Markup:
    return svg.group(_rect(at, "channel", at.height / 2), _label(at, name, "strong"), class_="node")


def queue(at: Place, name: str) -> Markup:
    """A box with messages in it."""
    end = at.x + at.width / 2
    bars = [
        svg.line(x, at.y - at.height / 2 + 4, x, at.y + at.height / 2 - 4, "message")
        for x in (end - 6, end - 11, end - 16)
    ]
    words = svg.text(at.x - 7, at.y + 3.5, name, "small middle")
    return svg.group(_rect(at, "queue", 3), *bars, words, class_="node")


def store(at: Place, name: str, of: str) -> Markup:
    """A cylinder."""
    left, top, right = at.x - at.width / 2, at.y - at.height / 2, at.x + at.width / 2
    bottom, bend = at.y + at.height / 2, 4.0
    half = at.width / 2
    arc = f"A{half} {bend} 0 0 "
    begin, across = f"M{left} {top + bend}", f"{right} {top + bend}"
    body = f"{begin}{arc}1 {across}V{bottom - bend}{arc}1 {left} {bottom - bend}Z"
    lid = f"{begin}{arc}0 {across}"
    return svg.group(
        svg.path(body, "store"),
        svg.path(lid, "lid"),
        svg.text(at.x, at.y + 3, name, "small middle"),
        svg.text(at.x, at.y + 12, of, "tiny middle"),
        class_="node",
    )


def call(*points: tuple[float, float], says: str = "", beside: float = 4) -> Markup:
    """Who calls waits for the answer."""
    return _arrow(points, "call", says, beside)


def message(*points: tuple[float, float], says: str = "", beside: float = 4) -> Markup:
    """Nobody waits for it."""
    return _arrow(points, "message-path", says, beside)


def _arrow(points: tuple[tuple[float, float], ...], kind: str, says: str, beside: float) -> Markup:
    """Drawn to its head, which is part of it: a marker would need an id, and ids are the page's."""
    (x1, y1), (x2, y2) = points[-2:]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    base = (x2 - 6 * ux, y2 - 6 * uy)
    wings = [(base[0] - side * 3.2 * uy, base[1] + side * 3.2 * ux) for side in (1, -1)]
    end = base if kind == "call" else (x2 - ux, y2 - uy)
    shaft = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (*points[:-1], end))
    (ax, ay), (bx, by) = wings
    head = f"M{ax:.1f} {ay:.1f}L{x2:.1f} {y2:.1f}L{bx:.1f} {by:.1f}"
    parts = [
        svg.path(shaft, kind),
        svg.path(head + ("Z" if kind == "call" else ""), f"{kind}-head"),
    ]
    if says:
        (sx, sy), (tx, ty) = points[:2]
        parts.append(svg.text((sx + tx) / 2 + beside, (sy + ty) / 2 + 3, says, "says"))
    return svg.group(*parts, class_="arrow")


def _known(name: str) -> dict[str, str]:
    """Audit hears of a payment, but is no step of it."""
    if name == "Audit":
        return {"class_": "node"}
    return {"data_service": name.lower(), "class_": "node"}


def _rect(at: Place, class_: str, rx: float) -> Markup:
    left, top = at.x - at.width / 2, at.y - at.height / 2
    return svg.box(left, top, at.width, at.height, class_, rx)


def _label(at: Place, words: str, class_: str = "label") -> Markup:
    return svg.text(at.x, at.y + 3.8, words, f"{class_} middle")
