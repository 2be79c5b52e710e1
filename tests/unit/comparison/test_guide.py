"""The chooser: which variants answers lead to."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from comparison import guide
from comparison.guide import Guide
from local.variants import VARIANTS

GUIDE = guide.load()
CRITERIA = [criterion.id for criterion in GUIDE.criteria]
OF_THE_GUIDE = {
    "apigw": [
        "The number of dependencies for a microservice is manageable and does not grow over time.",
        "The calling system requires a synchronous response from the microservice.",
        "You have low latency requirements.",
        "You need to expose one API to collect data from multiple microservices.",
    ],
    "decouple": [
        "You want to create loosely coupled architecture.",
        "All operations don’t need to be completed in a single transaction, and some operations can"
        " be asynchronous.",
        "The downstream system cannot handle the incoming transactions per second (TPS) rate. The"
        " messages can be written to the queue and processed based on the availability of"
        " resources.",
    ],
    "pubsub": [
        "You have an event-driven architecture.",
        "You can enable loosely coupled architecture.",
        "You don't need to complete all operational parts of a transaction before the response back"
        " to the calling system (certain operations can be asynchronous).",
        "You need to scale to volumes that are beyond the capability of a traditional data center."
        " This level of scalability is primarily due to parallel operations, message caching,"
        " tree-based routing, and other features built into the pub/sub model.",
    ],
}


@pytest.mark.parametrize("pattern", list(OF_THE_GUIDE))
def test_all_that_the_guide_asks_is_asked_in_its_words(pattern: str) -> None:
    quoted = [q.text for each in GUIDE.criteria for q in each.quotes if q.pattern == pattern]

    assert sorted(quoted) == sorted(OF_THE_GUIDE[pattern])


@pytest.mark.parametrize(
    ("answers", "variants"),
    [
        ({}, []),
        ({"synchronous": True, "teams": False}, ["apigw-single"]),
        ({"synchronous": True, "teams": True}, ["apigw-multiple"]),
        ({"collect": True}, ["apigw-single", "apigw-multiple"]),
        ({"overload": True, "many": False}, ["decouple"]),
        ({"asynchronous": True, "coupling": True, "many": False}, ["decouple"]),
        ({"many": True, "privacy": False}, ["pubsub-sns"]),
        ({"many": True, "replay": True, "facts": True}, ["pubsub-three-events"]),
        ({"events": True, "privacy": True, "facts": False}, ["pubsub-one-event"]),
        ({"ledger": True, "many": False, "privacy": False}, ["pubsub-sns"]),
        ({"asynchronous": True}, ["decouple", *(n for n in VARIANTS if n.startswith("pubsub"))]),
        ({"asynchronous": False, "dependencies": True, "teams": False}, ["apigw-single"]),
    ],
)
def test_answers_lead_to_variants(answers: dict[str, bool], variants: list[str]) -> None:
    assert GUIDE.choose(answers) == variants


def test_an_answer_that_speaks_for_nobody_chooses_nobody() -> None:
    assert GUIDE.choose({"events": False}) == []


@given(st.dictionaries(st.sampled_from(CRITERIA), st.booleans()))
def test_whatever_is_answered_leads_to_variants_that_no_other_pattern_beats(
    answers: dict[str, bool],
) -> None:
    chosen = GUIDE.choose(answers)

    scores = {pattern.name: GUIDE.score(pattern.name, answers) for pattern in GUIDE.patterns}
    assert all(scores[guide.family(name)] == max(scores.values()) for name in chosen)


@pytest.mark.parametrize("name", list(VARIANTS))
def test_every_variant_can_be_the_only_one(name: str) -> None:
    answers = {
        each.id: answer
        for each in GUIDE.criteria
        for answer in (True, False)
        if {name, guide.family(name)} & set(each.effect(answer).supports)
    }

    assert GUIDE.choose(answers) == [name]


def test_what_is_not_quoted_says_what_it_follows() -> None:
    told = [each for pattern in GUIDE.patterns for each in pattern.disadvantages]

    assert any(not each.quoted for each in told)
    assert all(each.source for each in told if not each.quoted)


@pytest.mark.parametrize(
    ("found", "replaced", "reason"),
    [
        ('source = "docs/apigw.md"\n', "", "another source"),
        ('id = "synchronous"', 'id = "synchronous"\nsource = "me"', "another source"),
        ('for = ["apigw-multiple"]', 'for = ["apigw-double"]', "names"),
        ('yes = { for = ["pubsub"] }', 'yes = { for = ["decouple"] }', "must support"),
    ],
)
def test_a_guide_that_contradicts_itself_is_refused(
    tmp_path: Path, found: str, replaced: str, reason: str
) -> None:
    text = guide.FILE.read_text()
    assert found in text
    (tmp_path / "guide.toml").write_text(text.replace(found, replaced))

    with pytest.raises(ValidationError, match=reason):
        guide.load(tmp_path / "guide.toml")


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Guide.model_validate({"url": "", "pattern": [], "criterion": [], "more": 1})
