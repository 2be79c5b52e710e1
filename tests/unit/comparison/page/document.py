"""HTML as its elements, for tests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class Element:
    name: str
    attributes: dict[str, str]
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        inside = (c if isinstance(c, str) else c.text for c in self.children)
        return " ".join("".join(inside).split())

    def __iter__(self) -> "Iterator[Element]":
        """Itself and all that is in it."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child

    def all(self, element: str, /, **attributes: str) -> "list[Element]":
        wanted = {key.replace("_", "-"): value for key, value in attributes.items()}
        return [e for e in self if e.name == element and wanted.items() <= e.attributes.items()]

    def having(self, holds: "Callable[[Element], bool]") -> "list[Element]":
        return [element for element in self if holds(element)]


class _Parser(HTMLParser):
    """Refuses what is not closed, or closed twice."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {key: value or "" for key, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        closed = self.open.pop()
        assert closed.name == tag, f"</{tag}> where <{closed.name}> is open"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(html: str) -> Element:
    parser = _Parser()
    parser.feed(html)
    parser.close()
    (root,) = parser.open
    return root
