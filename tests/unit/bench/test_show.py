import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from local.bench import show
from local.bench.figures import Figure


def printed(figure: Figure) -> str:
    output = io.StringIO()
    Console(width=150, file=output).print(show.table("section", [figure]))
    return output.getvalue()


def test_a_figure_stands_beside_its_target_its_ratio_and_its_spread() -> None:
    text = printed(
        Figure.median("invoke", [8.0, 12.0, 16.0], "ms", target=10, beside={"init ms": [3.0]})
    )
    (row,) = (" ".join(line.split()) for line in text.splitlines() if "invoke" in line)
    assert row == "invoke 12.0 ms ≤ 10 ms 1.20 3 8.00 12.0 15.6 15.9 16.0 init ms 3.00"


def test_the_table_needs_no_terminal_to_be_read() -> None:
    text = printed(Figure("size", 7.6, "MiB", target=8))
    assert "≤ 8 MiB" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("value", "shown"), [(0.123, "0.12"), (9.876, "9.88"), (98.76, "98.8"), (9876.5, "9,876")]
)
def test_numbers_show_the_digits_that_count(value: float, shown: str) -> None:
    assert show.number(value) == shown


def test_the_raw_figures_of_other_sections_stay_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state" / "bench.json"
    show.write(path, "size", [Figure("layer", 4.0, "MiB", target=8)])
    show.write(path, "invoke", [Figure.median("p50", [1.0, 3.0], "ms")])
    show.write(path, "size", [Figure("layer", 6.0, "MiB", target=8)])

    raw = json.loads(path.read_text())
    assert set(raw) == {"size", "invoke"}
    (layer,) = raw["size"]["figures"]
    assert (layer["value"], layer["target"], layer["ratio"]) == (6.0, 8, 0.75)
    (p50,) = raw["invoke"]["figures"]
    assert p50["samples"] == [1.0, 3.0]
    assert p50["summary"]["n"] == 2
