"""The tables of the commands that only compute."""

from rich.box import SIMPLE_HEAD
from rich.table import Table


def table(title: str) -> Table:
    """With six variants beside each other in 80 columns, so without any space that it can spare."""
    return Table(
        title=title,
        title_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=0,
    )
