"""The page of the failure matrix, and what is kept of the run that it is rendered from."""

import json
from typing import Any

import pytest

from tests.chaos.matrix import KEPT, PAGE, expected, kept, render

RUN: dict[str, Any] = json.loads(KEPT.read_text())


def test_the_page_is_what_is_rendered_from_the_last_run() -> None:
    assert PAGE.read_text() == render(RUN)


def test_the_last_run_had_every_cell_there_is() -> None:
    assert {(cell["variant"], cell["fault"]) for cell in RUN["cells"]} == expected()


def test_in_the_last_run_nothing_was_lost_and_nothing_promised_came_twice() -> None:
    for cell in RUN["cells"]:
        assert not cell["violations"]
        assert not any(cell["lost"].values())
        assert sum(cell["doubled"].values()) == cell["excused"]


@pytest.mark.parametrize(("took", "minutes"), [(10.0, 0), (150.0, 2)])
def test_a_run_lasts_from_its_first_cell_to_the_end_of_its_last(took: float, minutes: int) -> None:
    first = {"at": "2026-11-21T10:00:00+00:00", "took_s": 5.0}
    second = {"at": "2026-11-21T10:00:05+00:00", "took_s": took - 5}

    run = kept([second, first], "abc")

    assert (run["date"], run["minutes"]) == ("2026-11-21", minutes)
