"""Figures as they are read."""


def number(value: float) -> str:
    """With as many digits as say something."""
    if value == 0:
        return "0"
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}".removesuffix(".0")
    if value >= 0.1:
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{value:.2g}"


def milliseconds(value: float) -> str:
    """Seconds above one."""
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.3g} s"


def seconds(value: float) -> str:
    if value < 1:
        return f"{value:.2f} s"
    if value < 10:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    if value < 7200:
        return f"{value / 60:.0f} min"
    return f"{value / 3600:.1f} h"


def usd(value: float) -> str:
    return f"{value:,.2f}"


def share(value: float) -> str:
    if 0 < value < 0.005:
        return "< 1 %"
    return f"{value:.0%}".replace("%", "\u202f%")
