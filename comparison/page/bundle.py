"""The one inline script and style of the page, and the policy that lets them alone run."""

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from markupsafe import Markup

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Bundle:
    script: Markup
    style: Markup

    @property
    def policy(self) -> str:
        """`connect-src` is for the page that `make run` serves: a file connects to nothing."""
        return (
            f"default-src 'none'; script-src '{_digest(self.script)}';"
            f" style-src '{_digest(self.style)}'; connect-src 'self';"
            " base-uri 'none'; form-action 'none'"
        )


def bundle(folder: Path = FOLDER) -> Bundle:
    """Every file of the folder, in the order of their names."""
    return Bundle(_joined(folder, "js"), _joined(folder, "css"))


def _joined(folder: Path, kind: str) -> Markup:
    text = "\n".join(file.read_text() for file in sorted(folder.glob(f"*.{kind}")))
    if forbidden := re.search(r"</(?:script|style)|<!--", text, re.IGNORECASE):
        raise ValueError(f"{forbidden[0]} in a file *.{kind} would end the element that it is in")
    return Markup(text)  # noqa: S704, our own files


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
