"""The OpenAPI documents in the repository are those that the code makes. If not: `make openapi`."""

import json
import subprocess
import sys

import pytest

from local.paths import ROOT

FOLDER = ROOT / "docs" / "openapi"


@pytest.fixture(scope="module")
def documents() -> dict[str, str]:
    """In a process of its own, because making them imports the functions with other settings."""
    program = "import json; from local.openapi import documents; print(json.dumps(documents()))"
    made = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(made.stdout)
    return found


def test_the_documents_are_up_to_date(documents: dict[str, str]) -> None:
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == documents


def test_every_route_needs_a_token_and_tells_its_errors(documents: dict[str, str]) -> None:
    for text in documents.values():
        document = json.loads(text)
        assert document["openapi"].startswith("3.1")
        assert document["security"] == [{"bearerToken": []}]
        for path in document["paths"].values():
            for operation in path.values():
                errors = {s: a for s, a in operation["responses"].items() if s[0] in "45"}
                assert {"400", "401", "503"} <= errors.keys()
                answers = {s: a for s, a in operation["responses"].items() if s[0] == "2"}
                assert answers
                for answer in answers.values():
                    assert answer["content"]["application/json"]["schema"]
                for answer in errors.values():
                    assert list(answer["content"]) == ["application/problem+json"]
