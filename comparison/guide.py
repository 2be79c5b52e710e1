"""When to consider each pattern, in the words of AWS's guide: data/guide.toml."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from local.paths import ROOT
from local.variants import VARIANTS

FILE = ROOT / "data" / "guide.toml"

type Answers = Mapping[str, bool]
"""By criterion. What does not matter is left out."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True)


class Disadvantage(_Model):
    text: str
    quoted: bool
    """Whether it is the guide's own wording."""
    source: str = ""

    @model_validator(mode="after")
    def _what_is_not_quoted_has_a_source(self) -> Self:
        if not self.quoted and not self.source:
            raise ValueError("neither quoted nor with a source")
        return self


class Pattern(_Model):
    name: str
    """What the names of its variants begin with."""
    title: str
    url: str
    disadvantages: tuple[Disadvantage, ...] = Field(alias="disadvantage", min_length=1)

    @property
    def variants(self) -> list[str]:
        return [name for name in VARIANTS if family(name) == self.name]


class Quote(_Model):
    pattern: str
    text: str


class Effect(_Model):
    """Names of patterns or of variants."""

    supports: tuple[str, ...] = Field(default=(), alias="for")
    against: tuple[str, ...] = ()

    def on(self, name: str) -> int:
        return (name in self.supports) - (name in self.against)


class Criterion(_Model):
    id: str
    question: str
    weight: int = 1
    yes: Effect
    no: Effect = Effect()
    why: str
    quotes: tuple[Quote, ...] = Field(default=(), alias="quote")
    source: str = ""
    """Where it is from, when not from the guide."""

    @model_validator(mode="after")
    def _is_from_somewhere_and_does_as_its_quotes_say(self) -> Self:
        if bool(self.quotes) == bool(self.source):
            raise ValueError(f"{self.id} is either the guide's or has another source")
        if unsupported := {quote.pattern for quote in self.quotes} - set(self.yes.supports):
            raise ValueError(f"{self.id}: a yes must support {sorted(unsupported)}")
        return self

    def effect(self, answer: bool) -> Effect:
        return self.yes if answer else self.no


class Guide(_Model):
    url: str
    patterns: tuple[Pattern, ...] = Field(alias="pattern")
    criteria: tuple[Criterion, ...] = Field(alias="criterion")

    @model_validator(mode="after")
    def _names_only_what_there_is(self) -> Self:
        known = {pattern.name for pattern in self.patterns} | VARIANTS.keys()
        for criterion in self.criteria:
            for effect in (criterion.yes, criterion.no):
                if unknown := {*effect.supports, *effect.against} - known:
                    raise ValueError(f"{criterion.id} names {sorted(unknown)}")
        return self

    @property
    def of_the_guide(self) -> list[Criterion]:
        return [criterion for criterion in self.criteria if criterion.quotes]

    @property
    def of_this_project(self) -> list[Criterion]:
        return [criterion for criterion in self.criteria if not criterion.quotes]

    def score(self, name: str, answers: Answers) -> int:
        """Of a pattern or of a variant, never of both."""
        asked = (criterion for criterion in self.criteria if criterion.id in answers)
        return sum(each.weight * each.effect(answers[each.id]).on(name) for each in asked)

    def choose(self, answers: Answers) -> list[str]:
        """The variants that the answers lead to, several where these do not part them: first the
        best patterns, then of each its best variants. None where nothing was answered that counts.
        """
        patterns = {pattern.name: self.score(pattern.name, answers) for pattern in self.patterns}
        variants = {name: self.score(name, answers) for name in VARIANTS}
        if not any(patterns.values()) and not any(variants.values()):
            return []
        chosen = _best(patterns, patterns)
        return [
            name
            for pattern in self.patterns
            if pattern.name in chosen
            for name in _best(pattern.variants, variants)
        ]


def family(variant: str) -> str:
    """The pattern of a variant."""
    return variant.partition("-")[0]


def load(file: Path = FILE) -> Guide:
    return Guide.model_validate(tomllib.loads(file.read_text()))


def _best(names: Iterable[str], scores: Mapping[str, int]) -> list[str]:
    names = list(names)
    most = max(scores[name] for name in names)
    return [name for name in names if scores[name] == most]
