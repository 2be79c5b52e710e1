"""A function's settings come from its environment."""

import pytest
from pydantic import ValidationError

from runtime.settings import Settings


class Example(Settings):
    leads_table: str
    mark_retention_days: int
    note: str = "none"


@pytest.fixture
def complete(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    environment.setenv("LEADS_TABLE", "leads")
    environment.setenv("MARK_RETENTION_DAYS", "90")
    return environment


def test_each_field_is_a_variable_in_capitals(complete: pytest.MonkeyPatch) -> None:
    settings = Example.from_environment()

    assert (settings.leads_table, settings.mark_retention_days, settings.note) == (
        "leads",
        90,
        "none",
    )


def test_a_missing_variable_is_named(complete: pytest.MonkeyPatch) -> None:
    complete.delenv("LEADS_TABLE")

    with pytest.raises(ValidationError, match="LEADS_TABLE"):
        Example.from_environment()


def test_an_empty_variable_counts_as_missing_since_templates_cannot_leave_one_out(
    complete: pytest.MonkeyPatch,
) -> None:
    complete.setenv("LEADS_TABLE", "")
    complete.setenv("NOTE", "")

    with pytest.raises(ValidationError, match="LEADS_TABLE"):
        Example.from_environment()
    complete.setenv("LEADS_TABLE", "leads")
    assert Example.from_environment().note == "none"


def test_a_malformed_variable_is_named_but_its_value_is_not_shown(
    complete: pytest.MonkeyPatch,
) -> None:
    complete.setenv("MARK_RETENTION_DAYS", "s3cret")

    with pytest.raises(ValidationError, match="MARK_RETENTION_DAYS") as refused:
        Example.from_environment()
    assert "s3cret" not in str(refused.value)
